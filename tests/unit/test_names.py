"""Who people say they are, in Indonesian, English and what lies between."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.bot.nova.names import find_bare_name, find_name

TOLD = """
halo min, nama saya Ratna Puspita | Ratna Puspita
selamat malam, nama saya Malam | Malam
nama saya Cinta | Cinta
Nama saya Bintang Ramadhan | Bintang Ramadhan
nama saya mawar | Mawar
Nama saya Kartika Sari Dewi | Kartika Sari Dewi
nama saya Sri | Sri
nama saya adalah Yohanes Kristanto | Yohanes Kristanto
nama saya itu Wulan kak | Wulan
nama gw Rendy bro | Rendy
nama gua galih | Galih
nama ane Asep Sunandar gan | Asep Sunandar
nama w Dimas | Dimas
nama aku kirana hehe | Kirana
namaku Laksmi Pamuntjak | Laksmi Pamuntjak
nm gw eko | Eko
nama lengkap saya Raden Ajeng Kartini | Raden Ajeng Kartini
nama panggilan saya Ucup | Ucup
nama saya Muhammad Rizky, biasa dipanggil Kiki | Kiki
nama saya H. Abdul Malik | H. Abdul Malik
nama saya dr. Tirta | Tirta
nama saya Drs. Sumarno, M.Pd. | Sumarno
nama saya Ir. Joko Purnomo S.T. | Joko Purnomo
nama saya bukan Budi, tapi Rudi | Rudi
bukan Budi, nama saya Rudi | Rudi
salah nama saya Rudi | Rudi
maaf salah ketik, nama saya Yanti | Yanti
nama saya yang benar Fitriani | Fitriani
ganti nama saya jadi Surti dong | Surti
tolong ubah nama saya menjadi Arief Rachman | Arief Rachman
kenalin gue Bagas | Bagas
kenalin, aku Meisya | Meisya
perkenalkan saya Dedi Kurniawan dari PT Maju | Dedi Kurniawan
Perkenalkan, nama saya Togar Simanjuntak | Togar Simanjuntak
Assalamualaikum, perkenalkan saya Ustadz Hamdan | Hamdan
panggil aja Nining | Nining
panggil saya Ocha ya kak | Ocha
bisa panggil saya Gus Mul? | Gus Mul
boleh panggil aku Vivi aja | Vivi
cukup panggil Nia | Nia
panggil saya pak Darmo | Darmo
saya biasa dipanggil Cak Nun | Cak Nun
aku dipanggil Ujang sama teman-teman | Ujang
saya yang bernama Lastri Handayani | Lastri Handayani
saya bernama Ketut Liyer | Ketut Liyer
order atas nama Sinta ya | Sinta
mau booking a.n. Pak Suryo | Suryo
pesanan a/n Dina Mariana | Dina Mariana
Nama : Hendra Setiawan | Hendra Setiawan
Nama: Wati, alamat: Jl. Melati 5 | Wati
nama lengkap: agus priyono | Agus Priyono
Saya Parjo, mau tanya stok | Parjo
saya Intan dari Bekasi | Intan
halo saya rini | Rini
Pagi kak Rara saya Bagus mau komplain | Bagus
gw Andre, mau nanya | Andre
sy yuni kak | Yuni
ini Tuti, yang kemarin pesan | Tuti
ini saya Herman | Herman
ini dengan Lusi dari Gojek | Lusi
ya dengan Ratih di sini | Ratih
Halo, Kusnadi di sini | Kusnadi
Rina disini kak | Rina
saya bukan Budi, saya Rudi | Rudi
saya bukan Budi tapi Rudi | Rudi
SAYA SITI AISYAH | Siti Aisyah
NAMA SAYA DEWI BINTI AHMAD | Dewi binti Ahmad
saya Nguyễn Thị Hương | Nguyễn Thị Hương
nama saya *Joni* | Joni
nama saya "Mira" | Mira
nama saya 😄 Lala | Lala
nama saya Ahmad 👋 salam kenal | Ahmad
nama saya Yoga. Mau tanya harga | Yoga
nama saya Tedi dan saya mau pesan | Tedi
nama saya rahmat hidayat mau pesan 2 | Rahmat Hidayat
nama saya Robert'); DROP TABLE Students;-- | Robert
namaku D'Masiv | D'Masiv
my name is Saraswati | Saraswati
Hi! My name is Jean-Luc Picard. | Jean-Luc Picard
my name is will | Will
My name is Grace Hopper | Grace Hopper
my name is Joy btw | Joy
my name is April May | April May
My name is An | An
my name is maría josé | María José
MY NAME IS PETER PARKER | Peter Parker
my name is peter and i need help | Peter
my name's frank | Frank
name's Bond | Bond
the name is Bond, James Bond | Bond
my nickname is Ziggy | Ziggy
my full name is Vincent van Gogh | Vincent van Gogh
my name is actually Deirdre | Deirdre
my name isn't John, it's Bob | Bob
my name is not Jon but John | John
I'm not John, I'm Paul | Paul
no my name is Paul | Paul
my nane is Kelly | Kelly
my name iz Tyrone | Tyrone
i'm sarah | Sarah
hey im Mike, got a question | Mike
I am Grace | Grace
Good morning, I'm Mark from accounting | Mark
I'm Dr. Ranjit Patel | Ranjit Patel
Hello Nova I'm Siobhan | Siobhan
I’m O'Malley | O'Malley
I am 王小明 | 王小明
I go by Skip | Skip
I'm called Fitz | Fitz
everyone calls me Buddy | Buddy
you may call me Ishmael | Ishmael
just call me al please | Al
call me Ms. Marple | Marple
can you call me Kit? | Kit
please don't call me Robert, call me Rob | Rob
This is Hiroshi, I ordered yesterday | Hiroshi
hello this is Anna speaking | Anna
it's Priya here | Priya
Hi, Duncan here | Duncan
John Smith here, any news? | John Smith
John is my name | John
please change my name to Alex | Alex
order under the name Kowalski | Kowalski
Name: Zoë Kravitz | Zoë Kravitz
my name is Martin Luther King Jr. | Martin Luther King Jr.
my name is محمد | محمد
my name is Ludwig Mies van der Rohe | Ludwig Mies van der Rohe
I told you my name is Nigel | Nigel
hi my name is Sekar, salam kenal | Sekar
kak my name Bayu | Bayu
"nama saya Lukman" | Lukman
My name is John Michael Christopher Theodore | John Michael Christopher Theodore
Hai kak, saya Melinda mau order | Melinda
hallo sy indra dari jakarta | Indra
Permisi, nama saya Agung Wicaksono. | Agung Wicaksono
nama saya ABDUL | Abdul
nama saya nur aini, salam kenal | Nur Aini
nama saya Ni Luh Putu Ayu | Ni Luh Putu Ayu
nama saya I Made Wirawan | I Made Wirawan
nama saya M. Yusuf | M. Yusuf
nama saya Muh. Ridwan | Muh. Ridwan
nama saya A.A. Navis | A.A. Navis
nama saya Prof. Dr. Habibie | Habibie
nama saya Ibu Risma | Risma
nama saya mbak Tutut | Tutut
saya Bu Tejo | Tejo
saya Pak Raden | Raden
saya mas Anto | Anto
Nama saya Andi, bukan Anton | Andi
eh maaf, nama saya Andri bukan Andi | Andri
nama saya sebenarnya Sulastri | Sulastri
nama saya sekarang Siti Fatimah | Siti Fatimah
nama asli saya Paijo | Paijo
namaku Cahaya Kamila | Cahaya Kamila
panggil aku Senja | Senja
panggil gue Bang Jago aja | Jago
panggil saya dengan nama Rosa | Rosa
sebut saja Bunga | Bunga
saya akrab disapa Mang Oded | Mang Oded
nama saya Wati umur 30 tahun | Wati
nama saya Lia (bukan Lea) | Lia
nama saya Lia/Amelia | Lia
nama saya Joko alamat Solo | Joko
nama saya Fajar Nugroho - Bekasi | Fajar Nugroho
nama saya Gilang no hp 0812345 | Gilang
nama saya Mega terima kasih | Mega
nama saya Lilis makasih ya | Lilis
nama saya Oktavianus wkwk | Oktavianus
nama saya Dian yg kemarin | Dian
nama saya adi saya mau beli | Adi
nama saya teguh, boleh tanya? | Teguh
nama saya surya. kamu siapa? | Surya
Saya Stefanus Wibowo, S.H., M.H. | Stefanus Wibowo
kenalkan, saya Puteri | Puteri
aku Zaskia | Zaskia
Aku Zaskia kak | Zaskia
gue Kemal, lo siapa? | Kemal
ane Mamat gan | Mamat
ini Febri kak | Febri
halo ini dengan Siska | Siska
Selamat siang, dengan Bapak Rahardjo dari Telkom | Rahardjo
Dengan Ibu Ningrum di sini | Ningrum
atas nama Rangga Sasana kak | Rangga Sasana
tiket a.n. Yohana | Yohana
Nama - Ilham | Ilham
NAMA: TRI WAHYUNI | Tri Wahyuni
Nama Lengkap : Doni Salmanan | Doni Salmanan
Hi, I'm Kimberly! | Kimberly
hi i am peter | Peter
I'm Jean-Pierre | Jean-Pierre
Yes, I'm Margaret | Margaret
I am Mr. Bean | Bean
I'm Prof. Xavier | Xavier
I am Lady Gaga | Lady Gaga
Hello, I'm Ahmed from Cairo | Ahmed
I'm Ayşe Yılmaz | Ayşe Yılmaz
I'm Søren Kierkegaard, pleased to meet you | Søren Kierkegaard
My name is Владимир | Владимир
my name is SpongeBob | SpongeBob
my name is McDonald | McDonald
my name is d'Artagnan | d'Artagnan
my name is Mary Ann O'Hara-Smith | Mary Ann O'Hara-Smith
my name is bob smith from acme | Bob Smith
my name is jane, nice to meet you | Jane
my name is Sam and this is my wife Kate | Sam
my name is Chris. I need help with my order | Chris
my name is Elizabeth but everyone calls me Liz | Liz
My name is William, you can call me Will | Will
my first name is Hans | Hans
my real name is Norma Jeane | Norma Jeane
call me Dr. Strange | Strange
call me J | J
please call me Ishmael. | Ishmael
they call me Mellow Yellow | Mellow Yellow
This is Patricia from accounting | Patricia
this is Dave. | Dave
it's John | John
Nama saya adalah Bapak Sutrisno | Sutrisno
Halo, nama saya Maria Fransiska, panggil Siska saja | Siska
saya Rosalina, customer lama | Rosalina
Saya Yohana | Yohana
saya andi | Andi
saya Tjokro | Tjokro
aku Bunga | Bunga
gue Surya | Surya
perkenalkan saya Vania Larissa | Vania Larissa
kenalin nama gue Boy | Boy
nama saya Hj. Aminah | Aminah
nama saya Ir. Soekarno | Soekarno
nama saya Dr Tompi | Tompi
nama saya KH Zainuddin | Zainuddin
namaku Michael Jordan!! | Michael Jordan
nama saya joko widodo, presiden | Joko Widodo
NAMA SAYA MUHAMMAD AL FATIH | Muhammad al Fatih
nama saya siti binti yusuf | Siti binti Yusuf
nama saya Khoirun Nisa' | Khoirun Nisa
namaku Ma'ruf | Ma'ruf
nama saya Sri-Rejeki | Sri-Rejeki
nama saya Jo | Jo
nama saya Ali, dari Padang | Ali
Nama saya Ade. Saya ingin bertanya | Ade
selamat pagi saya Herlina ingin komplain | Herlina
siang min, gw Reza mau nanya ongkir | Reza
mohon dicatat atas nama Yulianto | Yulianto
pesan 3 box a.n Ibu Marni | Marni
nama pemesan: Lestari | Lestari
nama gw tuh Bimo | Bimo
nama saya sih Arum | Arum
namaku itu Keenan | Keenan
panggil Rian aja | Rian
panggil aku kak Dinda | Dinda
panggil saya Mawar saja | Mawar
sapa saya Tari | Tari
saya sering dipanggil Ibeng | Ibeng
orang-orang biasa panggil saya Ucok | Ucok
temen-temen panggil gue Jek | Jek
nama kecil saya Tole | Tole
oh iya nama saya Fitra | Fitra
btw nama gue Gading | Gading
lupa bilang, nama saya Bayu | Bayu
saya lupa bilang nama saya Bayu | Bayu
nama saya Rudi dan istri saya Wati | Rudi
Nama saya Andi. Nama istri saya Sinta. | Andi
nama saya bukan Andi. Nama saya Anto | Anto
bukan Andi kak, saya Anto | Anto
nama saya kan Budi | Budi
Hi this is Gloria from HR | Gloria
I'm Beth and I'd like to order | Beth
I am Elon Musk | Elon Musk
I'm Xander | Xander
hey, i'm tom | Tom
i'm emily, nice to meet you | Emily
im alex btw | Alex
Hello! I'm Dr. Watson, I have a question | Watson
My name is Mr. Darcy | Darcy
My name is Anne | Anne
my name is anne-marie | Anne-Marie
MY NAME IS LEE | Lee
my name is Ng | Ng
my name is Wu Zetian | Wu Zetian
my name is Juan Carlos de la Cruz | Juan Carlos de la Cruz
my name is Jürgen Müller | Jürgen Müller
my name is still John | John
my name is John. | John
my name is John!!! | John
My name is Ruth; I ordered last week | Ruth
My name is Rose, not Rosa | Rose
my name is now Caitlyn | Caitlyn
My name is Kate with a K | Kate
my name is kate by the way | Kate
my name is Tom and I'm from Leeds | Tom
hello, my name's o'brien | O'Brien
actually it's Steven, my name is Steven | Steven
sorry I meant my name is Karen | Karen
friends call me Shorty | Shorty
call me Mike | Mike
you can call me Ms. Lopez | Lopez
please, call me Ana | Ana
feel free to call me Jo | Jo
I'm also known as Ace | Ace
I'm named Ferdinand | Ferdinand
this is Mr. Thompson | Thompson
This is Lucy again | Lucy
Lucy here | Lucy
it's Lucy from yesterday | Lucy
hai min aku Salsabila | Salsabila
nama saya Teuku Umar dari Aceh | Teuku Umar
maaf baru balas, saya Wiranto | Wiranto
nama saya tuh Jefri loh kak | Jefri
saya Chandra W. dari Semarang | Chandra W.
gw biasa dipanggil Ableh | Ableh
perkenalkan nama saya adalah Novita Anggraeni, S.Pd | Novita Anggraeni
Panggil saja saya Om Bob | Bob
atas nama: Suherman | Suherman
kak, nama aku Jihan Aulia 🙏 | Jihan Aulia
sy atas nama Yulia | Yulia
Hi there, my name is Fatoumata Diallo | Fatoumata Diallo
I'm Kwame, from Ghana | Kwame
Hey it's Oliver here | Oliver
I’m Ms. Patel and I’d like a refund | Patel
name is Gregor | Gregor
My friends call me Mo | Mo
My name is Leia Organa, but please call me Leia | Leia
this is Olga from Kyiv | Olga
saya Haris min | Haris
Selamat sore, saya Benediktus | Benediktus
saya Lukito, ingin komplain | Lukito
gua Ferdinan | Ferdinan
nama saya bapak Jarwo | Jarwo
nama saya dewa ayu | Dewa Ayu
nama saya TITI DJ | Titi Dj
nama gw Bams | Bams
nama saya Yeye loh | Yeye
namaku Senja, kak | Senja
panggil saya Kak Ros | Ros
perkenalkan, aku Tasya Kamila dari Depok | Tasya Kamila
order a.n. Michael Tanoe | Michael Tanoe
saya bukan Rina kak, nama saya Rani | Rani
My name is Ebenezer Scrooge | Ebenezer Scrooge
I'm Gwendolyn and I love tea | Gwendolyn
My name is hope | Hope
Hello, this is Raymond calling | Raymond
call me Neo | Neo
My name's De la Cruz | De la Cruz
My name is Ole Gunnar Solskjær | Ole Gunnar Solskjær
hi im nina | Nina
my name is 李雷 | 李雷
I am 李雷 | 李雷
name: tanaka | Tanaka
"""

UNTOLD = """
apa nama saya sudah masuk daftar?
siapa nama saya?
kamu tahu namaku?
namaku siapa ya
nama saya Budi bukan?
nama saya Budi kan?
masih ingat nama saya?
kok nama saya Petang?
kenapa kamu panggil saya Petang
kenapa nama saya salah di invoice
nama saya salah
nama saya sudah terdaftar belum
nama saya ada di daftar
nama saya tidak muncul
nama saya ditulis keliru
nama saya tercantum dua kali
nama saya bukan Budi
jangan panggil saya Budi
dia bilang nama saya Budi
kamu bilang nama saya Petang
kalau nama saya Budi dapat diskon?
misalnya nama saya Budi
nama anak saya Rafa
nama toko saya Berkah Jaya
nama ibu kandung saya Sumiyati
namanya Rudi kak
suami saya Bambang
anak saya Rafa sakit
ini anak saya Rafa
saya istrinya Budi
saya ibu rumah tangga
saya adik Budi
saya teman Andi
saya sudah bicara dengan Budi
dengan hormat
dengan senang hati
dengan Bapak Hendra?
saya lapar banget
Saya Lapar
SAYA MAU PESAN
saya mahasiswa
saya perawat di RS Harapan
saya Muslim
saya orang Jawa
saya Batak
saya dr Bandung
saya di Jakarta
saya menunggu kabar
saya tertarik
saya berangkat besok
saya ditipu penjual
saya kecewa sekali
saya setuju
saya Admin
saya suka Mawar
saya 25 tahun
saya +6281234567
saya lupa
aku sayang kamu
aku capek
gue bingung nih
gw lagi di jalan
ini bagus
ini indah sekali
ini paketnya
ini Shopee
ini nomor Budi
ini siapa ya
ini rekening atas nama Budi
transfer ke BCA atas nama Siti
atas nama perusahaan
atas nama apa kak
panggil saya nanti
panggil Budi
dia biasa dipanggil Budi
Hujan di sini
macet di sini kak
ada orang di sini?
nama barang yang kemarin apa
nama: test@mail.com
nama saya 081234
nama saya www.budi.com
nama saya "><script>alert(1)</script>
nama saya '; DROP TABLE users; --
my name is '; DROP TABLE users; --
what's my name?
who am i
is my name John?
my name is John, right?
my name is misspelled
my name is not John
my name is a secret
my name is hard to pronounce
my name is already registered
my name is showing twice
my name is missing from the list
my wife's name is Mary
my dog's name is Rex
her name's Anna
He said my name is John
he told me "my name is John"
if my name is John do I get a discount
imagine my name is John
you call me John
why do you call me Petang?
they asked who I am
don't call me Bob
call me later
call me tomorrow please
call me when you can
call me at 5
can you call me back?
call me ASAP
I'm not John
I am not happy
I'm fine thanks
I'm Canadian
I'm a doctor
I'm John's brother
I am vegan
I'm waiting
I'm Waiting For My Order
I AM VERY ANGRY
I'm on my way
I'm in Paris
I'm from Texas
I'm frustrated
I'm Muslim
this is ridiculous
this is my order
This is Monday
this is for Anna
this is the last time
it's cold here
it's me
nobody here
is anyone here?
come here
over here
here
John
thanks, Budi
halo Budi
dear John
tell John I said hi
ok Budi nanti saya kabari
your name is Nova
what is the name of the product
name of the street?
the product name is Blitz
username: budi
i think i am lost
wrong name
nama
saya
my name is my business
my name is ?
nama saya ...
aku rindu Petang
saya juga mau
saya cek dulu
saya Transfer sekarang
biasanya dipanggil Teteh
reservasi atas nama keluarga Tanoto
my name is spelled Jon
my name is changing soon
my name is being displayed wrong
my name is printed incorrectly
my name is in the system
my name is not important
my name is confidential
my name is hidden
my name is too long for the form
my name is what?
my name is 😀
call me if you need anything
call me on 0812
call me tonight
call me an ambulance
please call me as soon as possible
nobody calls me
This is Great
This is unacceptable
this is wonderful
This is Spam
this is what I ordered
this is really bad
it's urgent
It's Friday
it is raining
Speaking of which
I'm Sam's mother
I'm the owner of Toko Jaya
I'm looking for John
I'm with Sarah
I'm not sure
I'm Christian
I'm pregnant
I'm buying a laptop
I'm allergic to nuts
I'm afraid so
I'm almost there
I'm unable to login
I'm Japanese
I'm vegetarian
I am Groot's friend
I am curious about your product
I am writing to complain
I am disappointed
I am student
I am stuck
I am having trouble
is Budi there?
who is John?
have you seen John
my brother John ordered it
my friend is called Tom
John told me to message you
I spoke to Sarah yesterday
send it to Budi
his real name is Tom
the driver's name is Agus
my cat is called Whiskers
my son is named Leo
my doctor is Dr. Smith
saya beli kemarin
saya kerja di bank
saya sedang makan
saya suka banget
saya kesel
saya ngantuk
saya kedinginan
saya kehabisan stok
saya pengacara
saya kasir toko
saya tukang bakso
saya anak kos
saya warga Bekasi
saya Katolik
saya Minang
saya pelanggan setia
saya karyawan Indomaret
saya tinggal di Depok
saya berumur 20
saya seorang guru
saya sangat puas
saya ngga ngerti
saya gapapa
saya nyerah
saya heran kenapa lama
saya dengar ada promo
saya butuh bantuan
saya coba lagi
saya transfer ya
saya Mau Beli
saya kangen Budi
saya kenal Budi
saya cari Pak Budi
saya panggil Budi
saya sama Budi
saya utusan Pak Lurah
saya keponakan Pak RT
saya asisten Bu Rina
saya pacar Rina
saya mewakili Budi
saya bosnya
aku pulang dulu
aku mah apa atuh
gue setuju
gua pesen satu
gw otw
ane masih nunggu gan
ini bener?
ini alamatnya
ini foto ktp saya
ini Mbak Rina?
ini admin ya?
ini punya Budi
ini untuk Rina
ini gimana kak
ini temen saya Andi
dengan ini saya menyatakan
dengan harga berapa
dengan Gojek bisa?
nama produknya apa
nama dokternya siapa ya
nama saya kok berubah
nama saya kepanjangan
nama saya harus diganti
nama saya jangan disebut
nama saya belum muncul
nama saya dihapus
nama saya apa hayo
coba sebutkan nama saya
ingat nama saya ya
nama istri saya Dewi
nama bos saya Hartono
nama kucing saya Oyen
nama panggilannya Ucup
nama pengirimnya Budi
nama belakang saya
atas nama siapa ya kak
panggil saya kalau sudah siap
panggil dokter
bukan nama saya
bukan saya
apakah ini Budi?
apa benar ini Pak Budi?
apa kabar Budi
makasih Pak Budi
baik Bu Rina
selamat pagi Pak Budi
selamat malam
Anto kak, bukan Andi
nama saya kayaknya salah ketik
nama saya di sertifikat salah
nama saya di KTP Sutrisno
nama saya masih salah
nama saya mau diganti
nama saya Budi atau Rudi ya?
kamu ingat nama saya Budi?
nama saya bener Budi?
nama saya nggak ada
nama saya keliru tulis
nama saya tertulis Budi
nama depannya siapa
nama bank nya apa
nama Anda siapa
nama tokonya apa kak
nama kurirnya Joko
nama pengirim: Agus
nama sekolah anak saya SD Melati
saya Bingung
saya baru pindah
saya belum makan
saya wni
saya alumni UI
saya ASN
saya HRD PT Jaya
saya pengusaha
saya ojol
saya freelancer
saya vegetarian
saya Islam
saya non muslim
saya keturunan Jawa
saya asli Medan
saya lahir di Solo
saya tunggu
saya ulangi
saya lihat Budi kemarin
saya suaminya Rina
saya kakak dari Budi
saya mamanya Zahra
saya tetangga Pak Joko
saya murid Bu Sari
saya follow IG nya
saya cuma nanya
saya capekkk
saya gak jadi
saya ok
saya minta maaf
saya percaya
saya dah transfer
saya kira Budi
saya sih oke
saya yang pesan kemarin
saya kehilangan HP
saya diare
saya menyerah
saya mengalami kendala
saya bersedia
aku mau nikah
aku gapapa kok
aku padamu
ini pesanan Budi
ini ongkirnya berapa
ini error terus
ini Senin ya
ini link nya
ini Telkomsel kan
ini toko Jaya
dengan cara apa
dengan Rina tadi saya chat
dengan JNE bisa?
my name is, John
I am hopeful
I am Hungry
I'm stuck in Jakarta
I'm Buddhist
I'm Dutch
I'm Korean
I'm Ready
I'm At Home
I'm driving
I'm down
I'm good, thanks
I'm new here
I'm 30
I'm out of town
I'm lactose intolerant
I'm happy with the service
I'm really annoyed
I'm getting married
I'm interested in the Samsung phone
I'm using Android
I'm Team Edward
I'm calling on behalf of Mr. Tan
I'm friends with Bob
I'm married to Bob
I'm afraid John left
I am your customer
I am disabled
I am willing to pay
I am under 18
I'm your father
I'm unemployed
I'm a vegan
I'm Bob's wife
I'm lost
I'm thinking about it
I'm wet
I'm skint
I'm gutted
i'm broke
i'm baffled
i'm homesick
this is awesome
This is Fantastic
this is Indonesia
this is spam
this is wrong
this is a test
this is why
this is John's phone
this is regarding my order
its broken
it's Christmas
it's complicated
it's okay
my name is on it
my name is under review
my name is blank
my name is invalid
my name is unpronounceable
my name is often mispronounced
my name is pronounced wrong
my name is common
my name is mine
my name is Slim what?
is my name Bob or Rob?
do you think my name is Bob?
his name was John
their names are Tom and Jerry
the baby's name is Leo
our company name is Globex
my boss's name is Ann
my email is john@x.com
what name do I use
say hi to John
ask for John
hello John
see you John
John is here
nama gueh Dodot
My name is actually spelled Siân
my name is tuan
saya kepingin tahu
saya masukkan alamat
saya lumayan suka
saya Keberatan
saya telah mengirim bukti
saya dikasih tahu Budi
saya cucu Pak Harto
saya tim marketing
saya batalin aja
saya ragu-ragu
saya pilih Mawar
saya pemilik toko Mawar
aku Gemini
aku ga tau
ini masalah serius
ini Kartu Keluarga saya
ini adik saya Dinda
ini berapa ya kak
nama produk: Mawar
nama saya belum ada
nama saya ga sesuai KTP
nama saya apa?
namaku bukan itu
bapaknya bernama Slamet
anak saya dipanggil guru
panggil saya kalau pesanan sampai
siapa yang bernama Budi?
tolong sampaikan ke Budi
I'm eager to know
I'm a bit Confused
I'm Hindu
I am Allergic to Peanuts
I'm located in Boston
I'm trying to reach Sarah
I'm behind schedule
I'm Thai
I am the one who ordered
I'm Sarah's assistant
This is Sarah's phone
this is delicious
This is not John
this is for John
my name is nowhere to be found
my name is written as Jon
my name is still wrong
her name is not Anna
what's your name, mine is John
call me a fool
don't call me John
call me whatever
saya kaget
saya pesan Mawar
saya dapat dari Budi
saya tantenya Rina
saya arek Suroboyo
saya sopir truk
saya penyandang disabilitas
saya prihatin
saya tanya dong
aku baper
aku cek ya
gw cowok
gue fans berat
ini kapan dikirim
ini testimoninya
ini Instagram saya
dengan hormat Bapak Budi
nama toko: Berkah
nama saya jelek
nama saya cuma satu kata
nama saya typo di invoice
namaku hilang
atas nama cinta
panggil satpam
panggil saya jam 5
saya bukan robot
apa kabar, Nova?
I'm Swedish
I'm thirsty
I'm eating
I'm scared
I'm human
I'm 6 feet tall
I'm at the airport
I'm very sorry John
I'm Jewish
I'm against it
I am aware
I am Busy
I am sure John knows
this is insane
this is Tuesday
This is Sparta
my name is listed twice
my name is nobody's business
my name is incomplete
my name is taken
call me stupid
call me please
call me on WhatsApp
who's John
John said hello
my manager is John
I love John
"""

CASES = [
    (text.strip(), name.strip())
    for text, _, name in (line.rpartition("|") for line in TOLD.strip().splitlines())
]


@pytest.mark.parametrize(("text", "name"), CASES)
def test_a_name_that_is_told_is_found(text: str, name: str) -> None:
    assert find_name(text) == name


@pytest.mark.parametrize("text", UNTOLD.strip().splitlines())
def test_nothing_is_taken_for_a_name_that_nobody_told(text: str) -> None:
    assert find_name(text) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("nama saya\nBudi Santoso\nmau pesan", "Budi Santoso"),
        ("Nama:\nSiti Aminah\nAlamat: Solo", "Siti Aminah"),
        ("nama saya\tBudi\u200e", "Budi"),
        ("nama saya \u202eBudi\u202c", "Budi"),
        ("nama saya \u3164", None),
        ("nama saya \u0301\u0301", None),
        ("nama saya Zoe\u0308", "Zoe\u0308"),
        ("nama saya Budi" + "\u0000", "Budi"),
        ("x" * 2_000 + " nama saya Budi", None),
        (" " * 500 + "nama saya Budi", "Budi"),
        ("nama saya " + "b" * 61, None),
    ],
)
def test_odd_characters_do_no_harm(text: str, name: str | None) -> None:
    assert find_name(text) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Budi", "Budi"),
        ("budi santoso", "Budi Santoso"),
        ("Bu Rina ya kak", "Rina"),
        ("Sarah 😊", "Sarah"),
        ("Jakarta", None),
        ("Budi?", None),
        ("halo Budi", None),
        ("bagus", None),
        ("besok", None),
        ("", None),
        ("?", None),
    ],
)
def test_an_answer_that_is_nothing_but_a_common_name_is_one(text: str, name: str | None) -> None:
    assert find_bare_name(text) == name


PHRASES = """
nama saya my name is call me panggil aku bukan tapi not but i'm here di sini a.n. dr. J.R. Budi de
O'Neil " ' ? , . : ( 7 _ * @ / 😊 王 ya kak
"""
PIECES = st.sampled_from([*PHRASES.split(), "\n", "\u0301"])
TEXTS = st.text(max_size=200) | st.lists(PIECES, max_size=40).map(" ".join)


@given(TEXTS)
def test_any_text_gives_a_small_clean_name_or_none(text: str) -> None:
    name = find_name(text)
    if name is None:
        return
    assert 0 < len(name) <= 60 and len(name.split(" ")) <= 6
    assert name == name.strip() and "  " not in name
    for character in name:
        assert unicodedata.category(character)[0] in "LM" or character in "'’ʼ‘`´.-‐‑ \u200c\u200d"


LONG = [
    *("a", "my name is ", "nama saya bukan ", "saya ", "A.", "-", "\u0301", "call me ", " ", "."),
    *("i am dan ", "hai A ", "'", '"', "ganti nama saya ", "@", "is my name ", "😀", "here "),
]


@pytest.mark.parametrize("piece", LONG)
def test_the_longest_message_is_read_in_no_time(piece: str) -> None:
    text = (piece * 65_536)[:65_536]
    started = time.perf_counter()
    find_name(text)
    assert time.perf_counter() - started < 0.25
