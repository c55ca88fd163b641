terraform import istio_root_ca.mesh 'cluster=east,kubeconfig=~/.kube/config,context=kind-east,namespace=istio-system,name=istio-root-ca'
terraform import istio_root_ca.aws 'region=eu-west-1,secret=mesh/root-ca'
