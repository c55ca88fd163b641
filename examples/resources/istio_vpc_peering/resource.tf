resource "istio_vpc" "east" {
  name       = "east"
  region     = "us-east-1"
  cidr_block = "10.1.0.0/16"
}

resource "istio_vpc" "west" {
  name       = "west"
  region     = "us-west-2"
  cidr_block = "10.2.0.0/16"
}

resource "istio_vpc_peering" "east_west" {
  requester = {
    vpc_id          = istio_vpc.east.id
    region          = istio_vpc.east.region
    cidr_block      = istio_vpc.east.cidr_block
    route_table_ids = istio_vpc.east.private_route_table_ids
  }
  accepter = {
    vpc_id          = istio_vpc.west.id
    region          = istio_vpc.west.region
    cidr_block      = istio_vpc.west.cidr_block
    route_table_ids = istio_vpc.west.private_route_table_ids
  }
}
