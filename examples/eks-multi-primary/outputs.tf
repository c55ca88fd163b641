output "clusters" {
  description = "Where each cluster is, and its version."
  value = {
    for name, cluster in istio_cluster.this : name => {
      arn     = cluster.arn
      version = cluster.version
    }
  }
}

output "root_fingerprint" {
  description = "SHA-256 of the root that all clusters trust."
  value       = istio_root_ca.mesh.fingerprint_sha256
}

output "trust_is_consistent" {
  description = "Whether every cluster's cacerts leads to the same root."
  value       = data.istio_trust.mesh.consistent
}

output "gateways" {
  description = "Host names of the gateways, and the health of what is behind them by port."
  value = {
    for name, gateway in istio_gateway.east_west : name => {
      east_west     = gateway.hostname
      target_health = gateway.target_health
      ingress       = istio_gateway.ingress[name].hostname
    }
  }
}
