// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"maps"
	"runtime"
	"strconv"
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// Equal lists are one in memory, others are not.
func TestShare(t *testing.T) {
	t.Parallel()
	account := func(name string) Handle { return Account{Type: Simple, Name: name}.Handle() }
	list := Accounts{}
	for _, name := range []string{"a", "b", "c"} {
		list[account(name)] = AD
	}
	other := maps.Clone(list)
	other[account("c")] = Local
	c := &Client{authorizations: map[string]*accountList{}}
	first := c.share(maps.Clone(list))
	if again := c.share(maps.Clone(list)); again.Identity() != first.Identity() {
		t.Error("an equal list is another one in memory")
	}
	if different := c.share(other); different.Identity() == first.Identity() || different[account("c")] != Local {
		t.Error("a list with another platform type is taken for the same")
	}
	if shorter := c.share(Accounts{account("a"): AD}); len(shorter) != 1 {
		t.Errorf("a list of one account became %v", shorter)
	}
}

// Twice as many applications, each with an account of its own, take twice as much memory on the
// way: no list is compared with those of all the others.
func TestShareGrowsAsApplicationsDo(t *testing.T) { //nolint:paralleltest // it measures
	bytes := func(n int) uint64 {
		c := &Client{authorizations: map[string]*accountList{}}
		lists := make([]Accounts, n)
		for i := range lists {
			name := strconv.Itoa(i)
			lists[i] = Accounts{Account{Type: Simple, Name: name}.Handle(): AD}
			c.authorizations[name] = &accountList{Reading: shared.NewReading(func(context.Context, shared.Moment) (Accounts, error) {
				return lists[i], nil
			})}
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for _, list := range lists {
			c.share(list)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	if few, many := bytes(500), bytes(4_000); many > 16*few {
		t.Errorf("8 times as many lists take %d times as much: %d bytes", many/few, many)
	}
}
