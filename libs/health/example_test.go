package health_test

import (
	"fmt"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/wrr"
)

func Example() {
	// Once in a process.
	registry := health.NewRegistry()

	// For each plan.
	registry.NextPlan()
	cluster := registry.Cluster("users", health.Settings{}, []health.Configured{
		{Address: "10.0.0.1:80", Weight: 3},
		{Address: "10.0.0.2:80", Weight: 3},
	})
	schedule := wrr.New(cluster.Weights())

	// For each request.
	for k := range 40 {
		cluster.Endpoint(0).Record(health.Success)
		switch {
		case k < 9:
			cluster.Endpoint(1).Record(health.ConnectFailure)
		case k < 12:
			cluster.Endpoint(1).Record(health.Reset)
		default:
			cluster.Endpoint(1).Record(health.Success)
		}
	}

	// Every 250 to 500 ms.
	if cluster.Judge(time.Now()) {
		schedule = wrr.New(cluster.Weights()) // and After, see there
	}
	fmt.Println(cluster.Weights(), schedule.Len())
	for _, v := range cluster.Verdicts() {
		fmt.Printf("%s: %s\n", v.Address, v.Reason)
	}
	// Output:
	// [300 210] 17
	// 10.0.0.1:80: 0 of 40 requests in the last 10s failed; weight 3
	// 10.0.0.2:80: 12 of 40 requests in the last 10s failed: 9 connect, 3 reset; weight 3 -> 2.1
}
