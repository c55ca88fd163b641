variable "name" {
  description = "Name of the VPC, and beginning of the clusters' names in AWS."
  type        = string
  default     = "istio-alb"
}

variable "region" {
  description = "Region of everything."
  type        = string
  default     = "eu-central-1"
}

variable "cidr_block" {
  description = "Block of the VPC."
  type        = string
  default     = "10.0.0.0/16"
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
  default = { instance_types = ["t3.medium"], min_size = 2, max_size = 3 }
}

variable "certificate_arns" {
  description = "Certificates (of ACM, in the region) with which the ALBs end TLS."
  type        = list(string)
}

variable "security_groups" {
  description = "Security groups of the ALBs; null lets the controller make them."
  type        = list(string)
  default     = null
}

variable "source_ranges" {
  description = "Blocks that may call the ALBs; null is the world."
  type        = list(string)
  default     = null
}

variable "server_name" {
  description = "What answers say the server is."
  type        = string
  default     = "server"
}

variable "metrics_server" {
  description = "Whether metrics-server is installed."
  type        = bool
  default     = true
}

variable "chart_repository" {
  description = "Where Istio's and the controller's charts come from; null are their projects' own repositories."
  type        = string
  default     = null
}
