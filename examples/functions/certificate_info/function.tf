variable "root_pem" {
  description = "The mesh's root certificate as PEM."
  type        = string
}

locals {
  root = provider::istio::certificate_info(var.root_pem)[0]
}

output "root" {
  value = "${local.root.common_name}, valid until ${local.root.not_after}"
}
