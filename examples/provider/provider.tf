terraform {
  required_providers {
    istio = {
      source = "multicluster/istio"
    }
  }
}

# Nothing has to be set: clusters are values that resources receive, not part of
# the provider's configuration.
provider "istio" {}
