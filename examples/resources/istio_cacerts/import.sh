terraform import istio_cacerts.east 'cluster=east,kubeconfig=~/.kube/config,context=kind-east,namespace=istio-system'
