terraform import istio_cluster.east 'cluster=east,network=network1,kubeconfig=~/.kube/config,context=kind-east'
terraform import istio_cluster.west 'cluster=west,network=network2,eks=west,region=eu-west-1'
