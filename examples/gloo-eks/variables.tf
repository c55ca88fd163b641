variable "clusters" {
  description = "The clusters by their names: region, and the block of the VPC. Blocks must not overlap."
  type = map(object({
    region     = string
    cidr_block = string
  }))
  default = {
    mgmt      = { region = "us-west-2", cidr_block = "10.10.0.0/16" }
    workload1 = { region = "us-west-2", cidr_block = "10.11.0.0/16" }
    workload2 = { region = "us-east-1", cidr_block = "10.12.0.0/16" }
  }
}

variable "management_cluster" {
  description = "Which of them hosts the management plane."
  type        = string
  default     = "mgmt"
}

variable "relay_hostname" {
  description = "Name of the relay that external-dns makes, such as relay.example.com; null makes none."
  type        = string
  default     = null
}

variable "nat_gateways" {
  description = "NAT gateways of each VPC: single, or per_zone where a zone's failure must not cut the others off."
  type        = string
  default     = "single"
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
  description = "The nodes of each cluster: three, one for each zone."
  type = object({
    instance_types = list(string)
    min_size       = number
    max_size       = number
  })
  default = { instance_types = ["m6i.large"], min_size = 3, max_size = 6 }
}

variable "chart_repository" {
  description = "Where charts come from; null are the Istio project's and AWS's own repositories."
  type        = string
  default     = null
}
