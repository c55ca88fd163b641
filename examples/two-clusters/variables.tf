variable "clusters" {
  description = "The clusters by their names in the mesh: where to find each, and its network."
  type = map(object({
    kubeconfig = string
    context    = optional(string)
    network    = string
  }))
}
