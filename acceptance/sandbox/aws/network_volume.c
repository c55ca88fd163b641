/* Volumes, as controllers make them; nothing is ever attached here. */
#include "acceptance/sandbox/aws/network.h"

static const char *const filters[] = {
    "volume-id", "volumeId",          "status",           "status", "size",
    "size",      "availability-zone", "availabilityZone", NULL};
const struct network_kind network_volume = {.kind = "volume",
                                            .prefix = "vol",
                                            .ids = "VolumeId",
                                            .set = "volumeSet",
                                            .id = "volumeId",
                                            .not_found = "InvalidVolume.NotFound",
                                            .filters = filters};

static bool create_volume(struct cloud_request *r)
{
    struct record *volume = network_new(
        r, &network_volume,
        value_map_of(r->a, {"availabilityZone", value_at(r->parameters, "AvailabilityZone")},
                     {"size", value_at(r->parameters, "Size")},
                     {"status", value_string(r->a, "available")}));

    return volume && cloud_answer(r, network_view(r, &network_volume, volume));
}

static bool describe_volumes(struct cloud_request *r)
{
    return network_describe(r, &network_volume);
}

static bool delete_volume(struct cloud_request *r)
{
    struct record *volume = network_get(r, &network_volume, cloud_text(r, "VolumeId"));

    if (!volume)
        return false;
    record_remove(r->cloud, volume);
    return network_done(r);
}

const struct cloud_operation network_volume_operations[] = {
    {.name = "CreateVolume",
     .handle = create_volume,
     .parameters = "!AvailabilityZone !Size TagSpecification"},
    {.name = "DescribeVolumes", .handle = describe_volumes, .parameters = "VolumeId" NETWORK_PAGED},
    {.name = "DeleteVolume", .handle = delete_volume, .parameters = "!VolumeId"},
    {.name = NULL}};
