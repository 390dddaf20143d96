"""The regions in which OSS can be had, for whoever completes one; others can be typed as well.

Source: the service's documentation, "Regions and endpoints", as of 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping

from oss_jupyter.texts import english

REGIONS: Mapping[str, str] = {
    "cn-hangzhou": english("Hangzhou"),
    "cn-shanghai": english("Shanghai"),
    "cn-nanjing": english("Nanjing"),
    "cn-fuzhou": english("Fuzhou"),
    "cn-wuhan-lr": english("Wuhan"),
    "cn-qingdao": english("Qingdao"),
    "cn-beijing": english("Beijing"),
    "cn-zhangjiakou": english("Zhangjiakou"),
    "cn-huhehaote": english("Hohhot"),
    "cn-wulanchabu": english("Ulanqab"),
    "cn-shenzhen": english("Shenzhen"),
    "cn-heyuan": english("Heyuan"),
    "cn-guangzhou": english("Guangzhou"),
    "cn-chengdu": english("Chengdu"),
    "cn-hongkong": english("Hong Kong"),
    "ap-northeast-1": english("Tokyo"),
    "ap-northeast-2": english("Seoul"),
    "ap-southeast-1": english("Singapore"),
    "ap-southeast-3": english("Kuala Lumpur"),
    "ap-southeast-5": english("Jakarta"),
    "ap-southeast-6": english("Manila"),
    "ap-southeast-7": english("Bangkok"),
    "eu-central-1": english("Frankfurt"),
    "eu-west-1": english("London"),
    "us-west-1": english("Silicon Valley"),
    "us-east-1": english("Virginia"),
    "na-south-1": english("Mexico"),
    "me-east-1": english("Dubai"),
    "me-central-1": english("Riyadh"),
}
