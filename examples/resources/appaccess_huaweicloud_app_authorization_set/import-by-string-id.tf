import {
  to = appaccess_huaweicloud_app_authorization_set.cad
  id = "3f791197-d166-4c8e-81e4-38c40ffc1989,62f48b59-8a3e-4f0c-9d7b-1e2a5c6d7f80"
}
