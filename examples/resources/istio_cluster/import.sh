terraform import istio_cluster.east 'cluster=east,network=network1,kubeconfig=~/.kube/config,context=kind-east'
