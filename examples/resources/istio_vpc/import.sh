terraform import istio_vpc.east 'region=eu-west-1,vpc=vpc-0123456789abcdef0'
