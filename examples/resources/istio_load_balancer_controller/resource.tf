resource "istio_vpc" "east" {
  name       = "east"
  region     = "eu-west-1"
  cidr_block = "10.1.0.0/16"
}

resource "istio_cluster" "east" {
  name    = "east"
  network = "network1"
  eks = {
    region     = "eu-west-1"
    subnet_ids = istio_vpc.east.private_subnet_ids
    node_groups = {
      default = { instance_types = ["m6i.large"], min_size = 2, max_size = 4 }
    }
  }
}

resource "istio_control_plane" "east" {
  cluster = istio_cluster.east.connection
  version = "1.27.3"
  mesh_id = "mesh1"
}

resource "istio_load_balancer_controller" "east" {
  cluster = istio_cluster.east.connection
}

resource "istio_gateway" "east_west" {
  cluster       = istio_cluster.east.connection
  name          = "istio-eastwestgateway"
  direction     = "east-west"
  exposure      = "external"
  control_plane = istio_control_plane.east.id
  load_balancer = {
    type       = "nlb"
    controller = istio_load_balancer_controller.east.id # made after it, destroyed before it
  }
}
