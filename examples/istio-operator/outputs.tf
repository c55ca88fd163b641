output "gateways" {
  description = "Where the clusters are reached from each other."
  value       = { for name, gateway in istio_gateway.east_west : name => gateway.hostname }
}
