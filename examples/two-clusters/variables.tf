variable "clusters" {
  description = "The clusters by their names in the mesh: where to find each, and its network."
  type = map(object({
    kubeconfig = string
    context    = optional(string)
    network    = string
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

variable "keep_crds" {
  description = "Whether a destroy leaves Istio's CRDs, and with them what was configured by them."
  type        = bool
  default     = true
}
