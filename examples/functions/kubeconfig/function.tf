variable "server" {
  type = string
}

variable "ca_certificate" {
  type = string
}

variable "token" {
  type      = string
  sensitive = true
}

output "kubeconfig" {
  value     = provider::istio::kubeconfig("east", var.server, var.ca_certificate, var.token)
  sensitive = true
}
