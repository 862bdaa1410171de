// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"maps"
	"testing"
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
