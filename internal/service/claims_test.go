// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package service_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

// owner and adder are claims of letters on words.
func owner(name, targets, lists string) service.Claim[string] {
	c := claim(name, targets)
	c.Exclusive, c.Lists = true, func(m string) bool { return strings.Contains(lists, m) }
	return c
}

func adder(name, targets, members string) service.Claim[string] {
	c := claim(name, targets)
	c.Members = slices.Values(strings.Split(members, ""))
	return c
}

func granter(name, targets, members string) service.Claim[string] {
	c := adder(name, targets, members)
	c.Grants = func(m string) bool { return strings.Contains(members, m) }
	return c
}

func claim(name, targets string) service.Claim[string] {
	return service.Claim[string]{Resource: name, Targets: strings.Fields(targets), Describe: func() string { return name }}
}

// leaver lets go of whom its state lists on x, keeper is unchanged.
func leaver(name, targets, listed, lists string) service.Claim[string] {
	c := granter(name, targets, lists)
	c.From, c.Before, c.Lists = []string{"x"}, slices.Values(strings.Split(listed, "")), c.Grants
	return c
}

func keeper(name, targets, lists string) service.Claim[string] {
	c := granter(name, targets, lists)
	c.Unchanged, c.Lists = true, c.Grants
	return c
}

func mode(c service.Claim[string], mode string) service.Claim[string] {
	c.Mode = mode
	return c
}

func TestClaims(t *testing.T) {
	t.Parallel()
	unknown := owner("a", "x", "")
	unknown.Lists = nil
	nobody := adder("b", "x", "")
	nobody.Members = nil
	for name, tc := range map[string]struct {
		claims []service.Claim[string]
		want   []string // conflicts of the last claim: other, targets, members
	}{
		"two owners":                      {[]service.Claim[string]{owner("a", "x y z", "mn"), owner("b", "w y z", "mn")}, []string{"a [y z] []"}},
		"three owners":                    {[]service.Claim[string]{owner("a", "x", ""), owner("b", "x", ""), owner("c", "x", "")}, []string{"a [x] []", "b [x] []"}},
		"other targets":                   {[]service.Claim[string]{owner("a", "x", ""), owner("b", "y", "")}, nil},
		"planned twice":                   {[]service.Claim[string]{owner("a", "x", ""), owner("a", "x", "")}, nil},
		"planned twice, told once":        {[]service.Claim[string]{owner("a", "x", ""), owner("b", "x", ""), owner("a", "x", "")}, nil},
		"planned again without a target":  {[]service.Claim[string]{owner("a", "x y", ""), owner("a", "y", ""), owner("b", "x", "")}, nil},
		"planned again with another":      {[]service.Claim[string]{owner("a", "y", ""), owner("a", "x", ""), owner("b", "x", "")}, []string{"a [x] []"}},
		"an owner after a stranger":       {[]service.Claim[string]{adder("b", "x", "lmn"), owner("a", "x", "m")}, []string{"b [x] [l n]"}},
		"a stranger after an owner":       {[]service.Claim[string]{owner("a", "x", "m"), adder("b", "x", "lmn")}, []string{"a [x] [l n]"}},
		"who is listed":                   {[]service.Claim[string]{owner("a", "x", "lm"), adder("b", "x", "lm")}, nil},
		"two who grant the same":          {[]service.Claim[string]{granter("a", "x", "kl"), granter("b", "x", "lm")}, []string{"a [x] [l]"}},
		"one lets go of what one keeps":   {[]service.Claim[string]{keeper("a", "x", "lm"), leaver("b", "x", "kl", "k")}, []string{"a [x] [l]"}},
		"one keeps what one lets go of":   {[]service.Claim[string]{leaver("b", "x", "kl", "k"), keeper("a", "x", "lm")}, []string{"b [x] [l]"}},
		"one leaves the target":           {[]service.Claim[string]{keeper("a", "x", "lm"), leaver("b", "y", "kl", "kl")}, []string{"a [x] [l]"}},
		"one ends, planned twice":         {[]service.Claim[string]{keeper("a", "x", "l"), leaver("b", "", "l", ""), leaver("b", "", "l", "")}, nil},
		"one takes over, one lets go":     {[]service.Claim[string]{granter("a", "x", "lm"), leaver("b", "x", "kl", "k")}, nil},
		"two adders":                      {[]service.Claim[string]{adder("a", "x", "l"), adder("b", "x", "m")}, nil},
		"an owner that may list anybody":  {[]service.Claim[string]{unknown, adder("b", "x", "lm")}, nil},
		"an adder of nobody in sight":     {[]service.Claim[string]{owner("a", "x", ""), nobody}, nil},
		"modes that differ":               {[]service.Claim[string]{mode(owner("a", "x", "l"), "open"), mode(adder("b", "x", "l"), "closed")}, []string{"a [x] []"}},
		"modes that agree":                {[]service.Claim[string]{mode(owner("a", "x", "l"), "open"), mode(adder("b", "x", "l"), "open")}, nil},
		"a mode that isn't known":         {[]service.Claim[string]{mode(owner("a", "x", "l"), "open"), adder("b", "x", "l")}, nil},
		"the other mode that isn't known": {[]service.Claim[string]{owner("a", "x", "l"), mode(adder("b", "x", "l"), "open")}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var (
				claims service.Claims[string]
				none   *service.Claims[string]
				got    []string
			)
			for i, c := range tc.claims {
				conflicts := claims.Make(c)
				if i < len(tc.claims)-1 {
					continue
				}
				for _, conflict := range conflicts {
					got = append(got, fmt.Sprint(conflict.Other.Describe(), " ", conflict.Targets, " ", conflict.Members))
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
			for _, c := range tc.claims {
				if conflicts := none.Make(c); conflicts != nil {
					t.Errorf("nil claims found %v", conflicts)
				}
			}
		})
	}
}

// A thousand single grants of one role are not each held against all others.
func TestClaims_singleGrants(t *testing.T) {
	t.Parallel()
	const n = 1000
	var claims service.Claims[string]
	asked := 0
	for i := range n {
		c := claim(fmt.Sprint("resource", i), "x")
		c.Members = slices.Values([]string{fmt.Sprint(i)})
		c.Grants = func(string) bool { asked++; return true }
		c.Lists, c.Unchanged = c.Grants, true
		if found := claims.Make(c); len(found) > 0 {
			t.Fatal(found)
		}
	}
	if asked > n {
		t.Errorf("%d grants were held against others %d times", n, asked)
	}
	twice := claim("another", "x")
	twice.Members, twice.Grants = slices.Values([]string{"7"}), func(string) bool { return true }
	if found := claims.Make(twice); len(found) != 1 || found[0].Other.Resource != "resource7" {
		t.Errorf("%+v", found)
	}
}

// Terraform plans ten resources at a time: of n owners of one target, all but the first hear of the
// others.
func TestClaims_concurrent(t *testing.T) {
	t.Parallel()
	const n = 50
	var (
		claims service.Claims[string]
		wg     sync.WaitGroup
		mu     sync.Mutex
		pairs  int
	)
	for i := range n {
		wg.Go(func() {
			found := len(claims.Make(owner(fmt.Sprint(i), "x y", "")))
			mu.Lock()
			defer mu.Unlock()
			pairs += found
		})
	}
	wg.Wait()
	if want := n * (n - 1) / 2; pairs != want {
		t.Errorf("%d pairs were found, want %d", pairs, want)
	}
}

type privateState map[string][]byte

func (p privateState) GetKey(_ context.Context, key string) ([]byte, diag.Diagnostics) {
	return p[key], nil
}

func (p privateState) SetKey(_ context.Context, key string, value []byte) diag.Diagnostics {
	p[key] = value
	return nil
}

func TestInstance(t *testing.T) {
	t.Parallel()
	name := func(p privateState) string {
		name, diags := service.Instance(t.Context(), p)
		if diags.HasError() || name == "" {
			t.Fatalf("%q: %v", name, diags)
		}
		return name
	}
	first, second := privateState{}, privateState{}
	given := name(first)
	if again := name(first); again != given {
		t.Errorf("an instance called %q is called %q then", given, again)
	}
	if name(second) == given {
		t.Error("two instances have one name")
	}
	for _, unreadable := range []string{"", `""`, "{}", "x"} {
		if n := name(privateState{"instance": []byte(unreadable)}); n == given || n == unreadable {
			t.Errorf("%q is read as the name %q", unreadable, n)
		}
	}
}
