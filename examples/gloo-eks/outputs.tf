output "clusters" {
  description = "Where each cluster is."
  value       = { for name, cluster in istio_cluster.this : name => cluster.arn }
}

output "peerings" {
  description = "Status of the links between the VPCs."
  value       = { for name, peering in istio_vpc_peering.this : name => peering.status }
}

output "gateways" {
  description = "Host names of the gateways."
  value = {
    for name, gateway in istio_gateway.east_west : name => {
      east_west   = gateway.hostname
      north_south = istio_gateway.north_south[name].hostname
    }
  }
}
