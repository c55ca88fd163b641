# In front of a Service on an EKS cluster: each target that does not serve, and why.
data "istio_load_balancer" "east_west" {
  cluster = { name = "east", eks = { cluster_name = "east", region = "eu-west-1" } }
  service = { namespace = "istio-ingress", name = "istio-eastwestgateway" }
}

output "unhealthy_targets" {
  value = [
    for target in data.istio_load_balancer.east_west.targets :
    "port ${target.port}: ${target.target} is ${target.state}: ${target.description}"
    if target.state != "healthy"
  ]
}

# Any other of the account, for an alias record that waits until it serves.
data "istio_load_balancer" "public" {
  name   = "k8s-istioing-istioing-0123456789"
  region = "eu-west-1"
  wait   = true
}

output "alias" {
  value = {
    name    = data.istio_load_balancer.public.dns_name
    zone_id = data.istio_load_balancer.public.zone_id
  }
}
