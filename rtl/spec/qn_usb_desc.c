// SPDX-License-Identifier: Apache-2.0
// The bytes of USB 2.0, chapter 9.6, and of Microsoft's OS descriptors 1.0 (extended compatible ID, extended properties).
#include "rtl/spec/qn_usb_desc.h"

#include <stdio.h>
#include <string.h>

#define QN_USB(name, value, text)
#define QN_USB_TEXT(name, string, text) static const char TEXT_##name[] = string;
#include "rtl/spec/usb.def"

#define LE16(x) (uint8_t)((x) & 255), (uint8_t)((x) >> 8)
enum { STRING_LETTERS = 126, MS_ID_INDEX = 4, MS_PROPERTY_INDEX = 5, MS_REG_MULTI_SZ = 7 };

static size_t bytes(uint8_t *out, const uint8_t *from, size_t n)
{
    memcpy(out, from, n);
    return n;
}

// ASCII as UTF-16
static size_t wide(uint8_t *out, const char *text, size_t most)
{
    size_t n = strlen(text) < most ? strlen(text) : most;
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = (uint8_t)text[i];
        out[2 * i + 1] = 0;
    }
    return 2 * n;
}

static size_t string(uint8_t *out, const char *text)
{
    size_t n = 2 + wide(out + 2, text, STRING_LETTERS);
    out[0] = (uint8_t)n;
    out[1] = QN_USB_DESC_STRING;
    return n;
}

static size_t strings(uint8_t *out, unsigned index, const char *target, const char *serial)
{
    static const uint8_t english[] = {4, QN_USB_DESC_STRING, LE16(0x0409)};
    char text[STRING_LETTERS + 1];
    size_t n;
    switch (index) {
    case 0:
        return bytes(out, english, sizeof english);
    case QN_USB_STRING_MAKER:
        return string(out, TEXT_MAKER);
    case QN_USB_STRING_PRODUCT:
        snprintf(text, sizeof text, "%s%s", TEXT_PREFIX, target);
        return string(out, text);
    case QN_USB_STRING_SERIAL:
        return string(out, serial);
    case QN_USB_STRING_MS:               // "MSFT100", the request's code, a zero
        n = string(out, "MSFT100 ");
        out[n - 2] = QN_USB_MS_CODE;
        return n;
    default:
        return 0;
    }
}

static size_t ms_id(uint8_t *out)
{
    uint8_t d[40] = {40, 0, 0, 0, LE16(0x0100), LE16(MS_ID_INDEX), 1, 0, 0, 0, 0, 0, 0, 0, 0 /* interface */, 1};
    memcpy(d + 18, TEXT_MS_ID, strlen(TEXT_MS_ID));
    return bytes(out, d, sizeof d);
}

static size_t ms_property(uint8_t *out)
{
    static const char name[] = "DeviceInterfaceGUIDs";
    size_t data = 2 * (sizeof TEXT_MS_GUID + 1), section = 14 + 2 * sizeof name + data, all = 10 + section;
    const uint8_t head[] = {LE16(all), 0, 0, LE16(0x0100), LE16(MS_PROPERTY_INDEX), LE16(1),
                            LE16(section), 0, 0, MS_REG_MULTI_SZ, 0, 0, 0, LE16(2 * sizeof name)};
    memset(out, 0, all);
    memcpy(out, head, sizeof head);
    wide(out + sizeof head, name, sizeof name);
    uint8_t *length = out + sizeof head + 2 * sizeof name;
    length[0] = (uint8_t)data;
    wide(length + 4, TEXT_MS_GUID, sizeof TEXT_MS_GUID);
    return all;
}

size_t qn_usb_desc(uint8_t out[QN_USB_DESC_BYTES], unsigned type, unsigned index, bool high, const char *target, const char *serial)
{
    static const uint8_t device[] = {18, QN_USB_DESC_DEVICE, LE16(0x0200), 0, 0, 0, QN_USB_CONTROL_BYTES, LE16(QN_USB_VENDOR), LE16(QN_USB_PRODUCT),
                                     LE16(QN_USB_RELEASE), QN_USB_STRING_MAKER, QN_USB_STRING_PRODUCT, QN_USB_STRING_SERIAL, 1};
    static const uint8_t qualifier[] = {10, QN_USB_DESC_QUALIFIER, LE16(0x0200), 0, 0, 0, QN_USB_CONTROL_BYTES, 1, 0};
    unsigned packet = high ? QN_USB_HIGH_BYTES : QN_USB_FULL_BYTES;
    const uint8_t config[] = {9, QN_USB_DESC_CONFIG, LE16(32), 1, 1, 0, 0x80, QN_USB_POWER,
                              9, 4, 0, 0, 2, QN_USB_CLASS, QN_USB_SUBCLASS, QN_USB_PROTOCOL, 0,
                              7, 5, QN_USB_OUT, 2, LE16(packet), 0,
                              7, 5, QN_USB_IN, 2, LE16(packet), 0};
    if (type == QN_USB_DESC_STRING)
        return strings(out, index, target, serial);
    if (type == QN_USB_DESC_MS)
        return index == MS_ID_INDEX ? ms_id(out) : index == MS_PROPERTY_INDEX ? ms_property(out) : 0;
    if (index != 0)
        return 0;
    return type == QN_USB_DESC_DEVICE ? bytes(out, device, sizeof device)
         : type == QN_USB_DESC_CONFIG ? bytes(out, config, sizeof config)
         : type == QN_USB_DESC_QUALIFIER && high ? bytes(out, qualifier, sizeof qualifier) : 0;
}
