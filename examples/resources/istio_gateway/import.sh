terraform import istio_gateway.east_west 'cluster=east,network=network1,kubeconfig=~/.kube/config,context=kind-east,namespace=istio-ingress,name=istio-eastwestgateway'
