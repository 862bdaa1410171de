// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"fmt"
	"strconv"
	"testing"
)

// BenchmarkPage: a page costs the same at any offset and size of the app.
func BenchmarkPage(b *testing.B) {
	for _, accounts := range []int{200, 20_000} {
		backend := large(b, 1, accounts)
		b.Run(strconv.Itoa(accounts), func(b *testing.B) {
			b.ReportAllocs()
			a := backend.apps["app-000"]
			for b.Loop() {
				records := backend.visible(a, "", "", "")
				for _, i := range backend.window(len(records), accounts/2, 100, a.id) {
					_ = backend.item(records[i])
				}
			}
		})
	}
}

// BenchmarkWrite: a write costs the accounts of the request, however many the apps have.
func BenchmarkWrite(b *testing.B) {
	for _, accounts := range []int{200, 20_000} {
		backend := large(b, 20, accounts)
		b.Run(strconv.Itoa(accounts), func(b *testing.B) {
			b.ReportAllocs()
			c := change{apps: backend.AppIDs(), mode: AssignUser}
			for i := range 100 {
				c.add = append(c.add, entry{account: account{domain: localDomain, name: fmt.Sprintf("new-%d", i)}})
			}
			undo := change{apps: c.apps, mode: AssignUser, remove: c.add}
			for b.Loop() {
				for _, c := range []change{c, undo} {
					if _, failure := backend.apply(projectID, c); failure != nil {
						b.Fatal(failure)
					}
				}
			}
		})
	}
}
