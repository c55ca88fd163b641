variable "clusters" {
  description = "The clusters by their names: region, network of the mesh, and the block of the VPC."
  type = map(object({
    region     = string
    network    = string
    cidr_block = string
  }))
  default = {
    eks-1 = { region = "us-west-2", network = "network1", cidr_block = "10.1.0.0/16" }
    eks-2 = { region = "us-east-1", network = "network2", cidr_block = "10.2.0.0/16" }
  }
}

variable "kubernetes_version" {
  description = "Version of Kubernetes."
  type        = string
  default     = "1.33"
}

variable "istio_version" {
  description = "Version of Istio."
  type        = string
  default     = "1.27.3"
}

variable "nodes" {
  description = "The nodes of each cluster."
  type = object({
    instance_types = list(string)
    min_size       = number
    max_size       = number
  })
  default = { instance_types = ["m6i.large"], min_size = 2, max_size = 4 }
}

variable "key_algorithm" {
  description = "Algorithm of the mesh's certificates."
  type        = string
  default     = "ECDSA-P256"
}

variable "samples" {
  description = "Whether helloworld and sleep run in both clusters."
  type        = bool
  default     = true
}

variable "chart_repository" {
  description = "Where charts come from; null are the Istio project's and AWS's own repositories."
  type        = string
  default     = null
}
