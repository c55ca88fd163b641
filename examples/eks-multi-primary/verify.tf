# What a person would look at by hand: one root everywhere, load balancers that are active
# with healthy targets behind every port.

data "istio_trust" "mesh" {
  clusters   = { for name, cluster in istio_cluster.this : name => cluster.connection }
  depends_on = [istio_cacerts.this, istio_control_plane.this]
}

data "istio_load_balancer" "east_west" {
  for_each = var.clusters
  cluster  = istio_cluster.this[each.key].connection
  service = {
    namespace = istio_gateway.east_west[each.key].namespace
    name      = istio_gateway.east_west[each.key].name
  }
}

check "mesh" {
  assert {
    condition     = data.istio_trust.mesh.consistent
    error_message = "The clusters trust different roots: ${join("; ", data.istio_trust.mesh.problems)}"
  }
  assert {
    condition     = alltrue([for lb in data.istio_load_balancer.east_west : lb.healthy])
    error_message = "An east-west gateway has no healthy targets: see the output gateways."
  }
}
