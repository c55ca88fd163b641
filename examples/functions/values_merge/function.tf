# Team defaults, then what this cluster needs on top: resources.limits.cpu is
# replaced, everything else of the defaults stays.
locals {
  defaults = { resources = { limits = { cpu = "1", memory = "1Gi" } }, replicas = 2 }
  east     = { resources = { limits = { cpu = "2" } } }
}

output "values" {
  value = provider::istio::values_merge(local.defaults, local.east)
}
