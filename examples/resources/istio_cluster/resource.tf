# A cluster that exists already.
resource "istio_cluster" "east" {
  name    = "east"
  network = "network1"
  existing = {
    kubeconfig = { path = "~/.kube/config", context = "kind-east" }
  }
}

# An EKS cluster in a VPC of its own, with two to four nodes; other clusters of the mesh
# call it from 10.1.0.0/16.
resource "istio_vpc" "west" {
  name       = "west"
  region     = "eu-west-1"
  cidr_block = "10.2.0.0/16"
}

resource "istio_cluster" "west" {
  name    = "west"
  network = "network2"
  eks = {
    region           = "eu-west-1"
    version          = "1.33"
    subnet_ids       = istio_vpc.west.private_subnet_ids
    mesh_cidr_blocks = ["10.1.0.0/16"]
    node_groups = {
      default = { instance_types = ["m6i.large"], min_size = 2, max_size = 4 }
    }
    access_entries = {
      "arn:aws:iam::111122223333:role/platform" = { policies = ["AmazonEKSClusterAdminPolicy"] }
    }
  }
}
