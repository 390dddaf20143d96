"""The regions in which OSS can be had, for whoever completes one; others can be typed as well.

Source: the service's documentation, "Regions and endpoints", as of 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping

REGIONS: Mapping[str, str] = {
    "cn-hangzhou": "Hangzhou",
    "cn-shanghai": "Shanghai",
    "cn-nanjing": "Nanjing",
    "cn-fuzhou": "Fuzhou",
    "cn-wuhan-lr": "Wuhan",
    "cn-qingdao": "Qingdao",
    "cn-beijing": "Beijing",
    "cn-zhangjiakou": "Zhangjiakou",
    "cn-huhehaote": "Hohhot",
    "cn-wulanchabu": "Ulanqab",
    "cn-shenzhen": "Shenzhen",
    "cn-heyuan": "Heyuan",
    "cn-guangzhou": "Guangzhou",
    "cn-chengdu": "Chengdu",
    "cn-hongkong": "Hong Kong",
    "ap-northeast-1": "Tokyo",
    "ap-northeast-2": "Seoul",
    "ap-southeast-1": "Singapore",
    "ap-southeast-3": "Kuala Lumpur",
    "ap-southeast-5": "Jakarta",
    "ap-southeast-6": "Manila",
    "ap-southeast-7": "Bangkok",
    "eu-central-1": "Frankfurt",
    "eu-west-1": "London",
    "us-west-1": "Silicon Valley",
    "us-east-1": "Virginia",
    "na-south-1": "Mexico",
    "me-east-1": "Dubai",
    "me-central-1": "Riyadh",
}
