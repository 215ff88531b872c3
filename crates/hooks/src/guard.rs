//! Where calls may go. A webhook's address is written by a person and resolved by somebody else's name server: what counts
//! is the address that is connected to, so the check stands in the resolver, after the name and before the connection, and
//! a name that changes its mind is asked and checked each time.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use zunke_kernel::{Error, Result};

/// A range of addresses: `10.1.2.0/24`, `10.1.2.3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Net {
    address: IpAddr,
    bits: u8,
}

impl Net {
    #[must_use]
    pub fn holds(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(net), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0);
                u32::from(net) & mask == u32::from(address) & mask
            }
            (IpAddr::V6(net), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.bits)).unwrap_or(0);
                u128::from(net) & mask == u128::from(address) & mask
            }
            _ => false,
        }
    }
}

impl std::fmt::Display for Net {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

impl FromStr for Net {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let refuse = || {
            Error::invalid(
                "network_invalid",
                format!("“{text}”不是网段，请填写如 10.1.2.0/24 或 10.1.2.3。"),
                format!("“{text}” is no network: write 10.1.2.0/24 or 10.1.2.3."),
            )
        };
        let (address, bits) = text.trim().split_once('/').map_or((text.trim(), None), |(a, b)| (a, Some(b)));
        let address: IpAddr = address.parse().map_err(|_| refuse())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), str::parse).map_err(|_| refuse())?;
        if bits > most {
            return Err(refuse());
        }
        let net = Self { address, bits };
        // An allowance wide enough to be no fence, or one for the address where clouds give out their keys, is a slip.
        let wide = if address.is_ipv4() { bits < 8 } else { bits < 32 };
        if wide || METADATA.iter().any(|known| net.holds(*known)) || forbidden(address) {
            return Err(Error::invalid(
                "network_refused",
                format!("“{text}”不能放行：范围过大，或包含云主机元数据地址。"),
                format!("“{text}” can't be allowed: it is too wide, or holds the metadata address of a cloud."),
            ));
        }
        Ok(net)
    }
}

/// Where clouds tell a machine its keys.
const METADATA: [IpAddr; 3] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x254)),
];

/// Never, whatever is allowed: no machine of anybody's.
fn forbidden(address: IpAddr) -> bool {
    if METADATA.contains(&address) || address.is_unspecified() || address.is_multicast() {
        return true;
    }
    match address {
        IpAddr::V4(address) => address.is_link_local() || address.is_broadcast() || address.octets()[0] == 0,
        IpAddr::V6(address) => address.segments()[0] & 0xffc0 == 0xfe80,
    }
}

/// Whether the address lies on the open internet.
fn public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(a == 0
        || a == 10
        || a == 127
        || a >= 224
        || (a == 100 && (64..128).contains(&b))
        || (a == 169 && b == 254)
        || (a == 172 && (16..32).contains(&b))
        || (a == 192 && b == 168)
        || (a == 192 && b == 0 && (c == 0 || c == 2))
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19))
        || (a == 198 && b == 51 && c == 100)
        || (a == 203 && b == 0 && c == 113))
}

fn public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => public_v4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, e, f, g, h] = address.segments();
            let v4 = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
            match (a, b) {
                // An IPv4 address behind a translator.
                (0x64, 0xff9b) => c == 0 && d == 0 && e == 0 && f == 0 && public_v4(v4(g, h)),
                (0x2002, high) => public_v4(v4(high, c)),
                // Teredo, documentation, benchmarks and the rest of 2001:0::/23; 3fff::/20.
                (0x2001, b) if b < 0x200 || b == 0xdb8 => false,
                (0x3fff, b) if b < 0x1000 => false,
                // Global unicast; everything else is local, reserved or not given out.
                (a, _) => a & 0xe000 == 0x2000,
            }
        }
    }
}

/// Whether a call may go there.
#[must_use]
pub fn may_call(address: IpAddr, allowed: &[Net]) -> bool {
    let address = address.to_canonical();
    !forbidden(address) && (public(address) || allowed.iter().any(|net| net.holds(address)))
}

/// Of the addresses of a name those that may be called. Without encryption only where somebody has allowed the address.
pub fn passed(found: impl Iterator<Item = SocketAddr>, plain: bool, allowed: &[Net]) -> Vec<SocketAddr> {
    found
        .filter(|one| {
            let address = one.ip().to_canonical();
            may_call(address, allowed) && (!plain || allowed.iter().any(|net| net.holds(address)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect(text)
    }

    #[test]
    fn addresses_inside_a_house_are_refused_in_every_form() {
        for inside in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "169.254.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "192.0.0.1",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "::1",
            "::",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2002:a9fe:a9fe::1",
            "2001:db8::1",
            "2001::1",
            "100::1",
            "5f00::1",
        ] {
            assert!(!may_call(ip(inside), &[]), "{inside}");
        }
        for outside in ["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "64:ff9b::101:101", "::ffff:8.8.8.8"]
        {
            assert!(may_call(ip(outside), &[]), "{outside}");
        }
    }

    #[test]
    fn what_is_allowed_is_reached_and_metadata_never() {
        let allowed = ["10.1.2.0/24".parse().expect("net"), "127.0.0.1".parse().expect("net")];
        assert!(may_call(ip("10.1.2.77"), &allowed) && may_call(ip("::ffff:127.0.0.1"), &allowed));
        assert!(!may_call(ip("10.1.3.1"), &allowed) && !may_call(ip("127.0.0.2"), &allowed));
        for bad in ["", "x", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/x", "::/0", "::1/129", "1.2.3"] {
            assert!(bad.parse::<Net>().is_err(), "{bad}");
        }
        for bad in ["0.0.0.0/0", "169.254.0.0/16", "169.254.169.254", "100.64.0.0/10", "fe80::/64", "fd00:ec2::/64"] {
            assert_eq!(bad.parse::<Net>().expect_err(bad).code, "network_refused", "{bad}");
        }
    }

    #[test]
    fn of_a_name_with_two_faces_only_the_good_one_is_called_and_plain_text_stays_inside() {
        let found = || ["10.0.0.1:443", "8.8.8.8:443", "127.0.0.1:443"].iter().map(|one| one.parse().expect(one));
        let allowed = ["127.0.0.0/8".parse::<Net>().expect("net")];
        let of = |list: Vec<SocketAddr>| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(of(passed(found(), false, &[])), ["8.8.8.8:443"]);
        assert_eq!(of(passed(found(), false, &allowed)), ["8.8.8.8:443", "127.0.0.1:443"]);
        assert_eq!(of(passed(found(), true, &allowed)), ["127.0.0.1:443"]);
        assert!(passed(found(), true, &[]).is_empty());
    }
}
