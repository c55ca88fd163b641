resource "istio_cluster" "east" {
  name    = "east"
  network = "network1"
  existing = {
    kubeconfig = { path = "~/.kube/config", context = "kind-east" }
  }
}

resource "istio_control_plane" "east" {
  cluster = istio_cluster.east.connection
  version = "1.27.3"
  mesh_id = "mesh1"
}

# The entry of network1 for the other clusters of the mesh.
resource "istio_gateway" "east_west" {
  cluster         = istio_cluster.east.connection
  name            = "istio-eastwestgateway"
  control_plane   = istio_control_plane.east.id
  direction       = "east-west"
  exposure        = "internal"
  expose_services = ["*.local"]
  load_balancer   = { type = "nlb", target_type = "instance" }
}

# The entry for callers outside, behind an ALB that ends TLS.
resource "istio_gateway" "public" {
  cluster       = istio_cluster.east.connection
  name          = "istio-ingressgateway"
  control_plane = istio_control_plane.east.id

  load_balancer = {
    type             = "alb"
    certificate_arns = ["arn:aws:acm:eu-west-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"]
  }
}
