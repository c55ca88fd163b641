terraform import istio_chart.metrics_server 'cluster=east,kubeconfig=~/.kube/config,context=kind-east,namespace=kube-system,name=metrics-server'
