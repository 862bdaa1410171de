// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package chaos

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"regexp"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// faultRate is how many of a thousand requests go wrong.
const faultRate = 100

// common are the faults of every service, each as often as it stands here.
var common = []wire.FaultKind{
	wire.Throttle, wire.Throttle, wire.ServerError, wire.Unavailable, wire.Slow, wire.Truncated, wire.HTML, wire.ResetBefore, wire.ResetAfter,
	wire.ResetAfter,
}

// own are the faults of one service.
var own = map[string][]wire.FaultKind{
	huaweicloud.ServiceName: {huaweicloud.PartialBatch, huaweicloud.PartialBatch, huaweicloud.TokenExpired, huaweicloud.UnavailableJSON},
	enos.ServiceName: {
		enos.FaultTokenExpired, enos.FaultTokenExpired, enos.FaultShortToken, enos.FaultRefreshToken, enos.FaultExhausted, enos.FaultInternal,
		enos.FaultTimeout,
	},
	venafi.ServiceName: {
		venafi.FaultTokenExpired, venafi.FaultTokenExpired, venafi.FaultRerun, venafi.FaultHTML500, venafi.FaultHTML503, venafi.FaultResult,
	},
}

// drawer decides which requests go wrong: not by the order of their arrival, which differs from run
// to run, but by what they are and how often the same came before. So a seed replays.
type drawer struct {
	seed uint64
	rate uint64 // of a thousand

	seen map[string]int
	last *http.Request
	kind wire.FaultKind // of last
}

// fickle is what differs between two runs that do the same.
var fickle = regexp.MustCompile(`"(encryption|timestamp|accessToken)":"?[^",}]*"?`)

// draw is called with the lock of the mock's faults held, once for each kind and request.
func (d *drawer) draw(service string, r *http.Request, body []byte) wire.FaultKind {
	if r == d.last {
		return d.kind
	}
	d.last, d.kind = r, ""
	key := r.Method + r.URL.Path + "?" + r.URL.RawQuery + fickle.ReplaceAllString(string(body), "")
	d.seen[key]++
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %d %s", d.seed, d.seen[key], key)
	n := mix(h.Sum64())
	if n%1000 >= d.rate {
		return ""
	}
	kinds := append(append([]wire.FaultKind(nil), common...), own[service]...)
	d.kind = kinds[n/1000%uint64(len(kinds))]
	return d.kind
}

// mix spreads the bits of a hash (the finalizer of SplitMix64).
func mix(n uint64) uint64 {
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}

// spoil puts faults of all kinds in force.
func spoil(faults *wire.Faults, seed, rate uint64, delay time.Duration) {
	d := &drawer{seed: seed, rate: rate, seen: map[string]int{}}
	kinds := map[wire.FaultKind]bool{}
	for _, service := range []string{huaweicloud.ServiceName, enos.ServiceName, venafi.ServiceName} {
		for _, kind := range append(append([]wire.FaultKind(nil), common...), own[service]...) {
			key := wire.FaultKind(service) + " " + kind
			if kinds[key] {
				continue
			}
			kinds[key] = true
			fault := wire.Fault{Service: service, Kind: kind, Match: func(r *http.Request, body []byte) bool {
				return d.draw(service, r, body) == kind
			}}
			if kind == wire.Slow {
				fault.Delay = delay
			}
			faults.Add(fault)
		}
	}
}
