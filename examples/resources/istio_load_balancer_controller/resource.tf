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
