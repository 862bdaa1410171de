// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// 100,000 grants are listed in one pass, and one grant among them costs no more than among few.
func TestManyRoles(t *testing.T) {
	t.Parallel()
	const count = 100_000
	h := newHarness(t, Switches{UnknownGrantee: GranteeAccepted})
	many := make([]Role, count)
	for i := range many {
		many[i] = Role{Maintainer, fmt.Sprintf("AD+corp:%032x", i), "AppA"}
	}
	if err := h.Grant(many...); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	a := h.post("/vedsdk/oauth/listroles", "{}")
	if n := strings.Count(a.Text, `"Grantee"`); n != count+len(seededRoles) {
		t.Errorf("%d roles", n)
	}
	for i := range 200 {
		h.wantResult(h.revoke(Maintainer, many[i].Grantee, "AppA"), 0)
		h.wantResult(h.grant(Maintainer, many[i].Grantee, "AppA"), 0)
	}
	if took := time.Since(begin); took > time.Minute { // about 0.3 s on an idle machine
		t.Errorf("took %s", took)
	}
}

// Ten times the grants take about ten times the memory to list: no table of all against all.
func TestListMemoryIsLinear(t *testing.T) { //nolint:paralleltest // AllocsPerRun counts the whole process
	measure := func(count int) float64 {
		b := New(wire.Service{}, testSeed(), Switches{})
		for i := range count {
			b.roles.add(Role{Maintainer, fmt.Sprintf("AD+corp:%032x", i), "AppA"}, 0)
		}
		c := &call{r: httptest.NewRequest(http.MethodPost, "/", nil), caller: caller{global: Admin}}
		return testing.AllocsPerRun(3, func() { b.listRoles(c) })
	}
	if small, large := measure(1000), measure(10_000); large > 11*small {
		t.Errorf("%.0f allocations for 1,000 grants, %.0f for 10,000", small, large)
	}
}

func BenchmarkListRoles(b *testing.B) {
	for _, count := range []int{1000, 10_000, 100_000} {
		b.Run(strconv.Itoa(count), func(b *testing.B) {
			r := newRoles(nil, MatchGUID)
			for i := range count {
				r.add(Role{Maintainer, fmt.Sprintf("AD+corp:%032x", i), "AppA"}, 0)
			}
			b.ReportAllocs()
			for b.Loop() {
				r.list(false)
			}
		})
	}
}
