resource "istio_vpc" "east" {
  name               = "east"
  region             = "eu-west-1"
  cidr_block         = "10.1.0.0/16"
  availability_zones = 3
  nat_gateways       = "single"
  tags = {
    environment = "demo"
  }
}
