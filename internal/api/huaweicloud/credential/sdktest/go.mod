// A module of its own, so that the vendor's SDK, with which the signer is compared, does not reach the provider.
module github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud/credential/sdktest

go 1.26.0

require (
	github.com/appaccess/terraform-provider-appaccess v0.0.0
	github.com/huaweicloud/huaweicloud-sdk-go-v3 v0.1.207
	pgregory.net/rapid v1.3.0
)

require (
	github.com/hashicorp/go-cleanhttp v0.5.2 // indirect
	github.com/hashicorp/go-retryablehttp v0.7.8 // indirect
	github.com/json-iterator/go v1.1.13-0.20220915233716-71ac16282d12 // indirect
	github.com/modern-go/concurrent v0.0.0-20180228061459-e0a39a4cb421 // indirect
	github.com/modern-go/reflect2 v1.0.2 // indirect
	github.com/tjfoc/gmsm v1.4.1 // indirect
	go.mongodb.org/mongo-driver v1.13.1 // indirect
	golang.org/x/oauth2 v0.37.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
	gopkg.in/ini.v1 v1.67.0 // indirect
)

replace github.com/appaccess/terraform-provider-appaccess => ../../../../..
