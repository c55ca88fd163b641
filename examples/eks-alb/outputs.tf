output "clusters" {
  description = "Where each cluster is."
  value       = { for name, cluster in istio_cluster.this : name => cluster.arn }
}

output "ingress" {
  description = "Host names of the ALBs: what DNS should point at."
  value       = { for name, gateway in istio_gateway.ingress : name => gateway.hostname }
}

output "cross_network" {
  description = "Host names of the gateways between the clusters, and the health behind them by port."
  value = {
    for name, gateway in istio_gateway.cross_network : name => {
      hostname      = gateway.hostname
      target_health = gateway.target_health
    }
  }
}

output "trust_is_consistent" {
  description = "Whether both clusters' cacerts lead to the same root."
  value       = data.istio_trust.mesh.consistent
}
