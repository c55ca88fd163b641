terraform import istio_vpc_peering.east_west 'region=eu-west-1,id=pcx-0123456789abcdef0'
