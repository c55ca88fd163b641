terraform import istio_root_ca.mesh 'cluster=east,kubeconfig=~/.kube/config,context=kind-east,namespace=istio-system,name=istio-root-ca'
