output "clusters" {
  description = "Version and identity of each cluster."
  value = {
    for name, cluster in istio_cluster.this : name => {
      version = cluster.version
      uid     = cluster.uid
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
  description = "Addresses of the east-west gateways."
  value       = { for name, gateway in istio_gateway.east_west : name => gateway.addresses }
}
