terraform import istio_load_balancer_controller.east 'cluster=east,network=network1,eks=eks-1,region=eu-west-1'
