// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"net/url"
	"sync"
	"testing"
)

const (
	vectorAccessKey = "11111111-2222-3333-4444-555555555555"
	vectorSecretKey = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
	vectorTime      = "1700000000000"
	vectorToken     = "test-access-token"
	vectorApp       = "66666666-7777-8888-9999-000000000000"
	vectorOrg       = "o15000000000001"
)

func TestEncryption(t *testing.T) {
	t.Parallel()
	const want = "6a157db6879b63209686cba63d5ef659a674b130d97f92eee9463cfcc4905299"
	if got := Encryption(vectorAccessKey, vectorTime, vectorSecretKey); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSignature(t *testing.T) {
	t.Parallel()
	vendor := func(description string) string {
		return "{\n  \"count\": 20,\n  \"page\": 1,\n  \"desc\": \"" + description + "\"\n}"
	}
	tests := []struct {
		name, token, query, body, timestamp, secret, want string
	}{
		{
			"the vendor's vector", "xxxxaaaxxxx", "k3=v3&k1=v1&k2=v2", vendor("描述"), "1572574909697", "xxxappSecretxxx",
			"59828328f6c1f9771015dc74e4929ae30f518a35a3d2353972c2ea46556fc981",
		},
		{
			"the vendor's vector in English", "xxxxaaaxxxx", "k3=v3&k1=v1&k2=v2", vendor("description"), "1572574909697", "xxxappSecretxxx",
			"ad6dc6fc97f4290f3724e94eab38168d8613c41c3a4569b4b8b0efbce96a816c",
		},
		{
			"set", vectorToken, "orgId=" + vectorOrg, `{"appId":"` + vectorApp + `","dataAuthorizeType":["ROLE","USER_OP","ASSET","USER"]}`,
			vectorTime, vectorSecretKey, "2964894d9f5c89d9a2a2eff40ddddd9cc986efe109ae27673d0fbce009e4fe0a",
		},
		{
			"info", vectorToken, "orgId=" + vectorOrg + "&appId=" + vectorApp, "",
			vectorTime, vectorSecretKey, "21bb57d71cdbb65467d29585c3269f3e377938c7af32b1f7c855bc4de4ad2b1f",
		},
		{
			"empty list", vectorToken, "orgId=" + vectorOrg, `{"appId":"` + vectorApp + `","dataAuthorizeType":[]}`,
			vectorTime, vectorSecretKey, "9733636f6e11e62795213e1e6540a7e412a1142ebaa9f43eed2044a89bb6126c",
		},
		{
			"decoded values", vectorToken, "orgId=o1&name=a+b%26c", "",
			vectorTime, vectorSecretKey, "e60f3dc4c2f6fbe72c7b378e2e115dc4ed921533d4151af96b2785d596de310c",
		},
		{
			"byte order", vectorToken, "alpha=2&Zeta=1", "",
			vectorTime, vectorSecretKey, "36ba1d15c282d66dd2927b33727668c6efdd2abca15bff18a3845be16bce19a9",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			query, err := url.ParseQuery(test.query)
			if err != nil {
				t.Fatal(err)
			}
			if got := Signature(test.token, query, []byte(test.body), test.timestamp, test.secret); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestStampsNeverRepeat(t *testing.T) {
	t.Parallel()
	var s stamps
	var mu sync.Mutex
	seen := map[string]bool{}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				stamp := s.next()
				mu.Lock()
				if seen[stamp] {
					t.Errorf("%s came twice", stamp)
				}
				seen[stamp] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}
