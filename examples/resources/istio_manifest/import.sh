terraform import istio_manifest.settings 'cluster=east,kubeconfig=~/.kube/config,context=kind-east,api_version=v1,kind=ConfigMap,namespace=shop,name=settings'
