// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"bytes"
	"net/http"
	"slices"
	"testing"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// FuzzDecode: no answer makes the client panic, and no answer that carries a code other than
// success is taken for one.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"code":0,"message":"OK","data":{"dataAuthorizeType":["ROLE","USER_OP"]}}`,
		`{"code":"0","data":{"dataAuthorizeType":null}}`, `{"status":0,"msg":"SUCCESS","data":{"accessToken":"t","expire":7200}}`,
		`{"code":31400,"message":"x","data":null}`, `{"code":null,"status":"1203"}`, `{"apim_status":4011,"code":0}`, `{"code":1e3}`,
		`{"code":0,"data":[]}`, `{"code":0,"data":{"dataAuthorizeType":[null,1]}}`, `{}`, `null`, `[]`, `<html>`, ``, "{\"code\":0,\"message\":\"\xff\"}",
		`{"code":99999999999999999999}`, `{"message":"API rate limit exceeded"}`,
	} {
		f.Add([]byte(seed), 200)
	}
	f.Fuzz(func(t *testing.T, body []byte, status int) {
		var data struct {
			DataAuthorizeType []string `json:"dataAuthorizeType"`
		}
		err := decode(&data)(http.StatusOK, nil, bytes.NewReader(body))
		if err == nil {
			var e envelope
			if rest.UnmarshalJSON(body, &e) != nil || e.code() != "0" && e.code() != "200" {
				t.Errorf("taken for a success: %q", body)
			}
		}
		types := normalize(data.DataAuthorizeType)
		if types == nil || !slices.IsSorted(types) || slices.Contains(types, "") {
			t.Errorf("not normalized: %q", types)
		}
		if failure := classify(rest.Answer{Status: status, Body: body}); failure == nil {
			t.Error("no failure")
		} else {
			_ = failure.Error()
		}
	})
}
