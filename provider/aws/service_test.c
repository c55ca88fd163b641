#include "aws/service.h"

#include <string.h>

#include "base/test.h"

TEST(addresses_follow_awss_tables)
{
    static const struct {
        const struct aws_service *service;
        const char *region;
        struct service_address_options options;
        const char *url, *signed_region;
    } cases[] = {
        {&aws_ec2,
         "eu-west-1",
         {"", false, false},
         "https://ec2.eu-west-1.amazonaws.com",
         "eu-west-1"},
        {&aws_ec2,
         "eu-west-1",
         {"", true, false},
         "https://ec2-fips.eu-west-1.amazonaws.com",
         "eu-west-1"},
        {&aws_ec2, "eu-west-1", {"", false, true}, "https://ec2.eu-west-1.api.aws", "eu-west-1"},
        {&aws_ec2,
         "eu-west-1",
         {"", true, true},
         "https://ec2-fips.eu-west-1.api.aws",
         "eu-west-1"},
        {&aws_eks,
         "us-east-2",
         {"", true, false},
         "https://fips.eks.us-east-2.amazonaws.com",
         "us-east-2"},
        {&aws_eks,
         "us-east-2",
         {"", true, true},
         "https://eks-fips.us-east-2.api.aws",
         "us-east-2"},
        {&aws_eks,
         "cn-north-1",
         {"", false, false},
         "https://eks.cn-north-1.amazonaws.com.cn",
         "cn-north-1"},
        {&aws_eks,
         "cn-north-1",
         {"", false, true},
         "https://eks.cn-north-1.api.amazonwebservices.com.cn",
         "cn-north-1"},
        {&aws_eks,
         "us-gov-east-1",
         {"", true, false},
         "https://eks.us-gov-east-1.amazonaws.com",
         "us-gov-east-1"},
        {&aws_eks,
         "eusc-de-east-1",
         {"", false, false},
         "https://eks.eusc-de-east-1.amazonaws.eu",
         "eusc-de-east-1"},
        {&aws_eks,
         "us-iso-east-1",
         {"", false, true},
         "https://eks.us-iso-east-1.c2s.ic.gov",
         "us-iso-east-1"},
        {&aws_iam, "eu-west-1", {"", false, false}, "https://iam.amazonaws.com", "us-east-1"},
        {&aws_iam, "eu-west-1", {"", true, false}, "https://iam-fips.amazonaws.com", "us-east-1"},
        {&aws_iam, "eu-west-1", {"", false, true}, "https://iam.global.api.aws", "us-east-1"},
        {&aws_iam, "eu-west-1", {"", true, true}, "https://iam-fips.global.api.aws", "us-east-1"},
        {&aws_iam,
         "cn-northwest-1",
         {"", false, false},
         "https://iam.cn-north-1.amazonaws.com.cn",
         "cn-north-1"},
        {&aws_iam,
         "us-gov-east-1",
         {"", false, false},
         "https://iam.us-gov.amazonaws.com",
         "us-gov-west-1"},
        {&aws_route53,
         "eu-west-1",
         {"", false, false},
         "https://route53.amazonaws.com",
         "us-east-1"},
        {&aws_route53,
         "cn-north-1",
         {"", false, false},
         "https://route53.amazonaws.com.cn",
         "cn-northwest-1"},
        {&aws_elasticloadbalancing,
         "us-west-2",
         {"", false, true},
         "https://elasticloadbalancing.us-west-2.api.aws",
         "us-west-2"},
        {&aws_sts,
         "ap-southeast-2",
         {"", false, false},
         "https://sts.ap-southeast-2.amazonaws.com",
         "ap-southeast-2"},
        {&aws_sso,
         "eu-central-1",
         {"", false, false},
         "https://portal.sso.eu-central-1.amazonaws.com",
         "eu-central-1"},
        {&aws_ec2,
         "eu-west-1",
         {"http://127.0.0.1:4566/", true, true},
         "http://127.0.0.1:4566",
         "eu-west-1"},
        {&aws_iam,
         "eu-west-1",
         {"http://127.0.0.1:4566", false, false},
         "http://127.0.0.1:4566",
         "us-east-1"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct service_address out;

        service_address_of(a, cases[i].service, cases[i].region, &cases[i].options, &out);
        assert_string_equal(out.url, cases[i].url);
        assert_string_equal(out.region, cases[i].signed_region);
    }
}

TEST(services_are_told_apart_by_their_ids)
{
    for (const struct aws_service *const *one = aws_services; *one; one++)
        for (const struct aws_service *const *two = one + 1; *two; two++) {
            assert_string_not_equal((*one)->id, (*two)->id);
            assert_string_not_equal((*one)->environment, (*two)->environment);
        }
}

TEST(arns_are_taken_apart)
{
    struct arn arn;

    assert_true(arn_parse(a, "arn:aws:eks:eu-west-1:111122223333:cluster/a:b", &arn));
    assert_string_equal(arn.partition, "aws");
    assert_string_equal(arn.service, "eks");
    assert_string_equal(arn.region, "eu-west-1");
    assert_string_equal(arn.account, "111122223333");
    assert_string_equal(arn.resource, "cluster/a:b");
    assert_true(arn_parse(a, "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy", &arn));
    assert_string_equal(arn.region, "");
    assert_false(arn_parse(a, "", &arn));
    assert_false(arn_parse(a, "arn:aws:eks:eu-west-1", &arn));
    assert_false(arn_parse(a, "arn:aws:eks:eu-west-1:1:", &arn));
    assert_false(arn_parse(a, "urn:aws:eks:eu-west-1:1:x", &arn));
}

TEST(an_assumed_role_is_known_by_its_role)
{
    static const char *const cases[][2] = {
        {"arn:aws:sts::1:assumed-role/admin/me@example.com", "arn:aws:iam::1:role/admin"},
        {"arn:aws-cn:sts::1:assumed-role/admin/x", "arn:aws-cn:iam::1:role/admin"},
        {"arn:aws:iam::1:user/me", "arn:aws:iam::1:user/me"},
        {"arn:aws:sts::1:federated-user/me", "arn:aws:sts::1:federated-user/me"},
        {"nonsense", "nonsense"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(arn_of_principal(a, cases[i][0]), cases[i][1]);
}

TEST(policies_of_aws_are_named_by_partition)
{
    assert_string_equal(
        partition_managed_policy(a, partition_of("cn-north-1"), "AmazonEKSClusterPolicy"),
        "arn:aws-cn:iam::aws:policy/AmazonEKSClusterPolicy");
    assert_string_equal(
        partition_access_policy(a, partition_of("us-gov-west-1"), "AmazonEKSClusterAdminPolicy"),
        "arn:aws-us-gov:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy");
    assert_string_equal(partition_of("mars-north-1")->name, "aws");
}
