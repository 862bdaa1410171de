// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// BenchmarkServe is what a request costs the mock, signature included: it must stay small beside
// what it costs the provider.
func BenchmarkServe(b *testing.B) {
	backend := large(b, 20, 20_000)
	backend.SetQuota(Quota{})
	apps := `"` + strings.Join(backend.AppIDs(), `","`) + `"`
	for _, bm := range []struct{ name, method, target, body string }{
		{"page", http.MethodGet, appsPath + "/app-000/authorizations?limit=100&offset=9000", ""},
		{"write", http.MethodPost, appsPath + "/actions/batch-assign-authorization",
			`{"app_ids":[` + apps + `],"authorization_type":"ASSIGN_USER","users":` + infos(100) + `}`},
	} {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequest(bm.method, bm.target, strings.NewReader(bm.body))
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("X-Project-Id", projectID)
				r.Header.Set("X-Sdk-Date", time.Now().UTC().Format(dateLayout))
				canonical, err := canonicalRequest(r, []string{"x-sdk-date"}, hexHash([]byte(bm.body)))
				if err != nil {
					b.Fatal(err)
				}
				r.Header.Set("Authorization", algorithm+" Access=AK, SignedHeaders=x-sdk-date, Signature="+sign("SK", r.Header.Get("X-Sdk-Date"), canonical))
				w := httptest.NewRecorder()
				if backend.ServeHTTP(w, r); w.Code != http.StatusOK {
					b.Fatal(w.Body)
				}
			}
		})
	}
}
