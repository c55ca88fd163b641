variable "clusters" {
  description = "The workload clusters by the names that Gloo Mesh knows them by, and where to find each."
  type = map(object({
    kubeconfig = string
    context    = optional(string)
  }))
}

variable "istio_version" {
  description = "Version of Istio."
  type        = string
  default     = "1.27.3"
}

variable "chart_repository" {
  description = "Where Istio's charts come from; null is the Istio project's own repository."
  type        = string
  default     = null
}

variable "image" {
  description = "Another distribution of Istio's images: their registry and tag; null is the Istio project's."
  type = object({
    hub = string
    tag = string
  })
  default = null
}
