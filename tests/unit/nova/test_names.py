"""The names that people say are theirs, in Indonesian, English and mixtures of the two."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.nova.names.bare import find_bare_name, find_begun, find_completion
from app.nova.names.corrections import find_correction
from app.nova.names.finder import find_name, find_told_name
from app.nova.names.utterance import Utterance

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
the name is Bond, James Bond | James Bond
I'm Bond. James Bond. | James Bond
nama saya Budi, Rina Wulandari | Budi
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
Halo min, saya Yanti mau tanya stok | Yanti
namaku Lestari kak | Lestari
nama gua Ucup bang | Ucup
aku Putri kak | Putri
Saya Ibu Ratna dari Cimahi | Ratna
Perkenalkan, nama saya Muhammad Rizky Ramadhan | Muhammad Rizky Ramadhan
nama saya Tigor Simanjuntak | Tigor Simanjuntak
abdi Cecep kang | Cecep
jeneng kulo Sutrisno | Sutrisno
ane Soleh gan | Soleh
saya Kwik Kian Gie | Kwik Kian Gie
dengan Rini disini | Rini
Ini Dewi kak | Dewi
ini dengan Bambang | Bambang
a/n Kartika Sari | Kartika Sari
pesanan atas nama Nurul ya kak | Nurul
panggil aja Upi | Upi
biasa dipanggil Memet | Memet
nama saya Alexander tapi panggil Alex aja | Alex
Nama : Eko Purnomo | Eko Purnomo
Nama saya drg. Melisa Halim | Melisa Halim
nma saya Tuti | Tuti
nama ku Sekar | Sekar
nm gw bagas | Bagas
saya Nana, alamat di Bogor | Nana
saya Anisa, pasien dr. Budi | Anisa
saya Vina mau komplain | Vina
HALO SAYA DEDI | Dedi
Nama saya Surya!!! | Surya
*Nama saya Galih* | Galih
Nama saya Abd. Rahman | Abd. Rahman
nama saya A. Rahman | A. Rahman
nama saya Januari Christy | Januari Christy
nama saya Leo | Leo
nama saya Islamiyah | Islamiyah
nama saya Indah banget | Indah
nama saya itu Rosa | Rosa
saya bernama Zulkifli | Zulkifli
kenalin aku Vania | Vania
Mohon izin, saya Letda Arif | Arif
maaf salah, saya Retno | Retno
oh iya nama saya Puput | Puput
min saya Oki nih | Oki
my name is Olivia | Olivia
my name is sarah connor | Sarah Connor
my name is Ludwig van Beethoven | Ludwig van Beethoven
my name is Kim | Kim
my name is Mr. Tanaka | Tanaka
my name is Grace, I ordered yesterday | Grace
my name is June | June
my name is actually Stephen | Stephen
my nme is kevin | Kevin
the name is Bond | Bond
name - Robert | Robert
I'm Ahmed from Dubai | Ahmed
i am michael | Michael
I'm Mr Lee | Lee
I'm Lucy and I want a refund | Lucy
hey it's Ben | Ben
This is Angela from accounting | Angela
Rebecca here | Rebecca
please call me Liz | Liz
people call me Ace | Ace
My full name is Elizabeth Anne Moore | Elizabeth Anne Moore
booking under the name Fernandez | Fernandez
hi kak my name is Bagus ya | Bagus
My name Yuki | Yuki
Good afternoon, my name is Indra Lesmana | Indra Lesmana
I'm Ketut | Ketut
nama saya Raden Ajeng Kartini | Raden Ajeng Kartini
nama saya Ujang, bade mésér | Ujang
saya Gibran kak, mau tanya | Gibran
saya Zaskia | Zaskia
saya nurhayati bu | Nurhayati
gw Kevin | Kevin
saya kak Ros | Ros
saya Koh Afuk | Afuk
saya Kang Emil | Emil
nama saya Suryadinata | Suryadinata
nama saya Lestyarini Putri | Lestyarini Putri
nama saya Ihsanul Fikri | Ihsanul Fikri
nm saya widodo | Widodo
nama aku Zhafira | Zhafira
nama saya Teuku Rafli | Teuku Rafli
nama saya Ida Bagus Mantra | Ida Bagus Mantra
nama saya Andi Mallarangeng | Andi Mallarangeng
nama saya Yohanis Wenda | Yohanis Wenda
nama saya Veronica Oei | Veronica Oei
nama saya Bpk. Sumantri | Sumantri
NAMA SAYA NUR AZIZAH | Nur Azizah
Nama = Rendra | Rendra
nama pemesan: Bu Harti | Harti
booking atas nama Clara ya | Clara
a/n Budi Hartono ya mas | Budi Hartono
panggil aku Nana aja | Nana
biasa dipanggil Acil | Acil
Saya Yohana, mau tanya promo | Yohana
saya Mulyono pak | Mulyono
saya Heru dari Semarang | Heru
saya Jessica, customer dari tahun lalu | Jessica
saya Thomas Aquino | Thomas Aquino
saya Wayan Koster | Wayan Koster
saya Fatimah Azzahra | Fatimah Azzahra
saya Ustadzah Halimah | Halimah
saya Pak Bambang Pamungkas | Bambang Pamungkas
saya mbak Atun | Atun
saya Om Willy | Willy
saya Ny. Hartati | Hartati
Saya Tn. Adrian | Adrian
halo, saya Gayatri | Gayatri
pagi kak, saya Damayanti | Damayanti
permisi, saya Sartika | Sartika
Shalom, saya Yeremia | Yeremia
punten, abdi Ujang | Ujang
kula Paimin | Paimin
jenengku Slamet | Slamet
nami abdi teh Iis | Iis
gua Ijal bang | Ijal
gue Raditya Dika | Raditya Dika
aku Bunga kak | Bunga
aku riska | Riska
aku Jihan ya kak | Jihan
sy Maya | Maya
sya lina | Lina
saya agus salim | Agus Salim
SAYA JOKO WIDODO | Joko Widodo
AKU DINDA | Dinda
ini Yanto yang tadi telpon | Yanto
ini aku Rosa | Rosa
ini Hendra dari PT Angkasa | Hendra
dengan Siska di sini | Siska
Dengan saya Bagus | Bagus
perkenalkan, saya Bayu Skak | Bayu Skak
knalin aku Cici | Cici
Izin bertanya, saya Yuda | Yuda
maaf kak nama saya bukan Rina tapi Rini | Rini
eh nama saya Dedi deng | Dedi
nama saya sebenarnya Kasiyem | Kasiyem
oh ya, nama aku Alin | Alin
saya Tantri 🙏🏻 | Tantri
(nama saya Ely) | Ely
nama saya Rara.. mau tanya | Rara
Nama saya Sutan Sjahrir, S.H. | Sutan Sjahrir
nama saya Ayu Ting Ting | Ayu Ting Ting
nama saya Ibnu Sina | Ibnu Sina
nama saya St. Aisyah | St. Aisyah
nama saya Q | Q
nama saya Sabtu | Sabtu
nama saya Bahagia | Bahagia
saya Bima mau pesan | Bima
my name is Þórdís | Þórdís
my name is Ana María | Ana María
my name is Mary-Kate | Mary-Kate
my name is Sun | Sun
my name is Chase | Chase
MY NAME IS KAREN | Karen
My name is Rosie, how are you? | Rosie
My name is Ravi kak | Ravi
My name's Percival | Percival
Name: Natasha Romanova | Natasha Romanova
I'm Beatriz | Beatriz
I'm Tunde | Tunde
I'm Arjun, staying in room 204 | Arjun
I am Sir David | David
I am Benedict Cumberbatch | Benedict Cumberbatch
I am Rose and I have a question | Rose
i'm rachel | Rachel
hi im Joanne | Joanne
hey there, I'm Xiomara | Xiomara
this is Monica | Monica
This is Mr. Tan | Tan
This is Gloria speaking | Gloria
Diana here | Diana
Patrick speaking | Patrick
please call me Bu Tini | Tini
you can call me Zee | Zee
People call me Tex | Tex
Robert but call me Bob | Bob
my full name is Arya Stark | Arya Stark
under the name Kowalski | Kowalski
saya Warsono | Warsono
saya Hermanto dari Kediri | Hermanto
saya Karmila | Karmila
saya Ferdinand Sinaga | Ferdinand Sinaga
saya Monang | Monang
saya Parlin Hutabarat | Parlin Hutabarat
saya Komang | Komang
saya Ngurah | Ngurah
saya Yenny Wong | Yenny Wong
saya Hendra Lim | Hendra Lim
saya Nursyamsi, mau tanya | Nursyamsi
saya Yusrizal pak | Yusrizal
saya Euis | Euis
saya Aep mau order | Aep
saya Entin | Entin
saya Mpok Atiek | Atiek
saya Rojali | Rojali
saya Wagimin | Wagimin
saya Indah Permatasari | Indah Permatasari
saya Surya Paloh | Surya Paloh
saya Intan | Intan
saya Kejora | Kejora
saya Gabriella | Gabriella
saya Abigail | Abigail
saya Fadhil | Fadhil
saya Zahwa | Zahwa
saya Almeera | Almeera
saya yanti mau tanya | Yanti
saya rudi hartono | Rudi Hartono
saya maya dari depok | Maya
SAYA ENDANG MAU KONTROL | Endang
aku Cinta | Cinta
aku Keysha | Keysha
aku adit | Adit
gue Bobby | Bobby
gw Irfan bro mau nanya | Irfan
gw tari | Tari
kula Tukiyem | Tukiyem
nami abdi Euis | Euis
jeneng kula Marsudi | Marsudi
nama saya Sukijan | Sukijan
nama saya Gunadi Wirjawan | Gunadi Wirjawan
nama saya Yap Thiam Hien | Yap Thiam Hien
nama saya La Ode Rahmat | La Ode Rahmat
nama saya Baiq Nuril | Baiq Nuril
nama saya Sultan Hasanuddin | Sultan Hasanuddin
nama saya Martha Tiahahu | Martha Tiahahu
nama saya Dr. Ir. Sutami | Sutami
nama saya Linda, S.E., M.M. | Linda
nama saya lilis suryani | Lilis Suryani
nama saya anton dari jakarta | Anton
nama saya April | April
nama saya Ibu Pertiwi | Pertiwi
Nama saya Mentari Pagi | Mentari Pagi
nama saya Fitri dan alamat di Solo | Fitri
namaku Embun | Embun
namaku Biru | Biru
nm aku lala | Lala
nama lengkap saya Mohammad Natsir | Mohammad Natsir
panggil saya Mbak Lis | Lis
panggil aku Kakang | Kakang
panggil gue Jek | Jek
atas nama Ny. Suharti | Suharti
order a.n. Lestari | Lestari
nama: toni | Toni
halo kak saya Tiwi | Tiwi
siang, saya Pramono | Pramono
Assalamualaikum wr wb, saya Hasanah dari Garut | Hasanah
Malam, saya Gregorius | Gregorius
dengan Tina, mau reschedule | Tina
ini Tante Meri | Meri
ini Fitri kak | Fitri
ini aku Sela | Sela
perkenalkan nama saya Ruth Sahanaya | Ruth Sahanaya
bukan Dina, saya Dini | Dini
ganti nama saya jadi Citra | Citra
my name is Tariq Aziz | Tariq Aziz
my name is Zhang Wei | Zhang Wei
my name is João | João
my name is Renée O'Hara | Renée O'Hara
my name is Bo | Bo
my name is Sunday | Sunday
my name is Destiny | Destiny
my name is john smith | John Smith
my name is Anna, and I booked a room | Anna
my name is Sally ya kak | Sally
hi my names Tyler | Tyler
sorry, my name is Joan not John | Joan
I'm Giovanni | Giovanni
I'm Hiroshi | Hiroshi
I'm Mr. Wright | Wright
I'm Jo | Jo
I'm Grace Lee | Grace Lee
I am Ivan Petrov | Ivan Petrov
i am steven | Steven
im Josh btw | Josh
Hi I'm Quentin | Quentin
this is Paula | Paula
This is Mrs. Green | Green
It's Natasha | Natasha
Helen here | Helen
Nancy speaking | Nancy
just call me Ty | Ty
friends call me Coco | Coco
Full name: Joseph Tan | Joseph Tan
under the name Isabella Rossi | Isabella Rossi
saya Nining | Nining
saya Hesty kak | Hesty
saya Irawan dari Cibubur | Irawan
saya Yovie | Yovie
saya Mangara Siahaan | Mangara Siahaan
saya Wayan Sudira | Wayan Sudira
saya Gusti Ayu | Gusti Ayu
saya Vincent Kho | Vincent Kho
saya Zulfan | Zulfan
saya Desrizal | Desrizal
saya Titin | Titin
saya Sapri | Sapri
saya Tugiman | Tugiman
saya Ningsih, mau kontrol | Ningsih
saya Fajar | Fajar
saya Jason | Jason
saya Michelle Ziudith | Michelle Ziudith
saya Hanifah | Hanifah
saya Zidan bang | Zidan
saya Qonita | Qonita
saya Ibu Sari mau booking | Sari
saya mbak Jum | Jum
saya Dr. Lie | Lie
saya eka | Eka
saya lia mau nanya | Lia
saya ferry | Ferry
SAYA HERU DARI SOLO | Heru
aku Nisa | Nisa
aku Zahra kak mau order | Zahra
aku sinta min | Sinta
gue Dimas | Dimas
gw Nando | Nando
gua Robby cuy | Robby
ane Rohman gan | Rohman
abdi Tatang | Tatang
jenengku Tejo | Tejo
nama saya Ketut Alit | Ketut Alit
nama saya Lie Tjeng | Lie Tjeng
nama saya Abdul Qadir Jaelani | Abdul Qadir Jaelani
nama saya Frans Kaisiepo | Frans Kaisiepo
nama saya drg. Nina | Nina
nama saya Kompol Andri | Andri
nama saya dwi kak | Dwi
nama saya Lautan | Lautan
nama saya Agustus | Agustus
nama saya Fajar Sidik ya | Fajar Sidik
nama saya Reni. Mau reservasi | Reni
namaku Bumi 🌍 | Bumi
nama aku Nathan | Nathan
nama lengkap saya Kusuma Wardani | Kusuma Wardani
panggil aja Didi | Didi
panggil saja Bu Neni | Neni
biasa dipanggil Icha | Icha
atas nama Kirana Larasati | Kirana Larasati
NAMA: DEWI LESTARI | Dewi Lestari
halo kak saya Ochi | Ochi
siang kak, saya Tuti | Tuti
Assalamualaikum, saya Qodir | Qodir
Halo, dengan Monica di sini | Monica
dengan Pak Ujang di sini | Ujang
ini Lilis kak | Lilis
ini saya Nanik | Nanik
perkenalkan, nama saya Hanum Rais | Hanum Rais
bukan Rita, nama saya Rika | Rika
ubah nama saya jadi Laras | Laras
my name is Imran Khan | Imran Khan
my name is Niamh | Niamh
my name is Mary O'Dowd | Mary O'Dowd
my name is Jo | Jo
my name is Friday | Friday
my name is james bond | James Bond
my name is Mrs. Ortega | Ortega
my name is Eve! | Eve
sorry, my name is Erin not Aaron | Erin
I'm Vanessa | Vanessa
I'm Aisha | Aisha
I'm Yusuf, calling about a refund | Yusuf
I'm Ms Diaz | Diaz
I'm Henry Ford | Henry Ford
I am Pierre Dupont | Pierre Dupont
i am patrick | Patrick
i'm Tony | Tony
Hello, I'm Ignatius | Ignatius
this is Fiona from marketing | Fiona
this is Carlos calling | Carlos
Julia here | Julia
Kenneth speaking | Kenneth
just call me Ray | Ray
you can call me Pip | Pip
Full name: Amy Adams | Amy Adams
under the name Schmidt | Schmidt
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
saya Ramadan ini tutup?
saya Telkomsel
this is Tokopedia?
saya XL ukurannya
saya Manchester United
Saya Toyota Avanza
saya Islam kak
aku Shopee aja deh
gua Betawi asli
saya Minggu libur
saya Samsung
saya Golongan darah AB
saya Juni lahirnya
saya UI jurusan hukum
aku Dana dong bayarnya
saya Indomie goreng 2
saya Lazada kemarin belinya
saya TNI
saya Admin toko sebelah
saya Bandung, bisa kirim?
ini Alfamart?
ini Toko Makmur?
ini Bank Mandiri?
ini Kode voucher saya: HEMAT50
ini KTP saya
Dengan Grab bisa?
dengan Siapa saya bicara?
dengan Hormat,
sini Macet parah
saya Diabetes
saya Positif
saya BPJS bisa?
saya Vaksin Pfizer
saya Yamaha NMAX
saya Barcelona
saya K-pop lover
saya Instagram aja ya
saya Excel nya ga kebuka
saya Lebaran mudik
saya Imlek mau pesan kue
saya Subuh berangkat
saya Merah aja warnanya
saya Cewek
saya Mahasiswa UGM
saya Adiknya Rina
saya Pelanggan setia
saya HRD PT Maju
I am Buddhist
I am Australian
I'm Gemini
I'm Liverpool till I die
I'm Type A
I'm Size M
I'm Platinum
I'm in Bali
I'm Pro
I'm Late
I am Groot
I am New here
I am Allergic to nuts
I am Not John
I am Singapore PR
this is Bali Spa right?
this is Order 5521
this is My address
This is Adidas or Nike?
this is John's order
This is Customer Service?
this is about Budi
Customer here
New customer here
call me Maybe
panggil taksi dong
panggil Pak RT
nama saya ada di daftar?
nama saya udah diganti blm
nama tokonya apa ya
nama istri saya Ratna
nama bank: BCA
nama obatnya Paracetamol
my name is missing
my son's name is Adam
what's in a name
saya titip salam buat Rina
saya mau ke Bu Dewi
saya pesan buat Lina
saya disuruh Pak Hadi
saya bilang ke Tono
saya Nasi Padang 1
Saya Ayam Geprek level 3
gw Telkomsel cuy
ane Kaskuser
abdi teh Sunda
ane mau beli
kula badhe tumbas
aku arep tuku
ambo Padang da
halo kak Nova
makasih kak Dewi
Bu Ani di mana?
booking buat Dr. Hendra jam 4
Selamat Natal
Good Morning
Sampurasun
rekening atas nama PT Maju Jaya
ya betul
berapa harganya
saya Ragunan deket mana ya
saya Oppo A5
aku Cancer
Saya Protestan
I'm Malaysian Chinese
saya Padang
saya Cikupa, bisa kirim?
saya Jl. Sudirman No. 10
saya Cibinong kak ongkir brp
saya BRI Link
saya Jenius ga bisa login
saya GrabFood error mulu
Saya TikTok shop
saya Zoom jam 10
saya Redmi Note 10
saya Xpander 2021
saya Arsenal sejak kecil
gw Madridista
saya O rhesus negatif
saya S aja
saya Hijau tosca
saya Kamis libur ga?
saya Waisak libur?
saya Siang aja
saya Amoxicillin
saya TBC
saya Behel
saya Rendang 2 bungkus
saya Sate Kambing
saya Combo 2
saya Kelas 2 BPJS
saya Unpad
saya BUMN
saya Akuntan
saya Dropshipper kak
saya Emaknya
saya Anak pertama
saya Sendiri aja
saya Sudah Transfer
SAYA MAU REFUND
SAYA DARI BEKASI
Saya Mau Pesan Dua Porsi
Saya Hanya Tanya Harga
ini Grab?
ini Bali?
ini Paracetamol ya
ini Struknya
ini Pak Budi?
dengan Pedas ya
dengan Bonus tas
dengan Ongkir berapa?
dengan Mbak siapa ini?
mau janji dengan dr. Hana
I'm Taurus
I'm Sunni
I'm Type 2 diabetic
I'm Verizon customer
I'm Premium
I'm Marriott member
I'm Outside
I'm Good
I'm Confused
I'm Thirty
I'm Home
I am Outraged
I am Jakarta based
I am COVID positive
I am Sam's wife
this is Singapore?
this is Netflix right
This is America
This is Paracetamol?
This is Toyota service?
This is Garbage
This is Vegan?
This is the Johnsons
It's Samsung
It's Blue
Bali here
Anyone here?
call me Later
call me on Zoom
panggil Bu Rina
nama saya di struk salah
nama saya typo
nama anaknya Kevin
nama pasien: ibu saya
nama menu nya apa
my name is on the list?
my name is a bit long
my boss's name is Karen
my email is anna@mail.com
is this Maria speaking?
Thanks Anna
Dear Sir
Kak Rina, paket saya mana?
titip pesan buat Pak Joko
saya dikasih nomor ini sama Dewi
saya langganan Bu Yuni
saya sepupu Rina
saya tunggu Pak Eko
I'm not Lisa
I'm with Anna
I spoke with Jennifer yesterday
abdi badé naros
kulo saking Solo
gue Scorpio
gue Senin cuti
beta Ambon
saya Papua
iya Budi
saya Lebaran hari kedua ke sana
saya Cengkareng, ongkir ke sini?
saya Jogja kak
saya Purwokerto pak
saya Tebet Timur
saya Pasar Minggu
saya Gading Serpong
saya Graha Raya
ini Bidan Yati?
ini Kimia Farma?
ini Brosurnya
ini Paketnya rusak
saya Bukopin
saya Seabank kak
saya AnterAja
saya Instan
saya Steam wallet
saya PUBG
saya Vidio
saya Word 2016
saya Nokia jadul
saya Calya 2018
saya Brio merah
saya Real Madrid
saya Timnas garis keras
saya Budha
saya NU
saya Libra
aku Scorpio bgt
saya Rhesus negatif
saya Jumbo
saya Abu-abu
saya Malem Minggu
saya Januari
saya Vitamin C
saya Typus
saya Migrain
saya Kontrol rutin
saya Tambal
saya Creambath
saya Croissant
saya Nasi uduk
saya Martabak
saya VIP
saya Bisnis class
saya Satpam
saya Ojol
saya Supplier
saya Alumni
saya Turis
saya Penyewa
saya Orang tuanya Rafi
saya Kakeknya
saya Puas
saya Cancel
saya Fix
saya Booking
saya Udah Bayar
saya Cash
saya Debit
SAYA PUAS
I AM WAITING
I'm Tamil
I'm Cuban
I'm Aries
I'm Size 8
I'm Hispanic
I'm Celiac
I'm Epileptic
I'm Zoom fatigued
I'm Prime member
I'm Yankees
I'm Mother of two
I'm Manager
I'm Engineer from Delhi
I'm Driving
I'm Free Thursday
I'm Working From Home
I am Deaf
I am Guest
I am Ibiza bound
I am Gryffindor
this is Changi airport?
This is Christmas
This is Perfect
This is Hilarious
This is Levis?
This is Singapore number
This is Delivery
it's Ramadan
it's Complicated
it's Bali time
Guest here
call me Noon
panggil Polisi
nama saya hilang
nama saya dieja beda
nama saya belum dipanggil
nama sekolah saya SMA 3
nama bapak saya Suparman
my name is hard to spell
my name is wrongly printed
my doctor's name is Lee
dengan Shopeepay bisa?
dengan Garansi?
gue Tangerang
gue Minggu libur
ane Surabaya gan
aku Bandung
aku Pink aja
abdi di Bandung
saya kakak dari Tono
saya pesan lewat Rina
saya bukan Agus kak
I'm meeting Sarah at 5
say hi to Maria
saya Sabtu ini kosong kak
saya Ngaliyan
saya Metro Lampung
saya Jatinangor
saya Pluit Jakut
saya ShopeePay
saya BRImo ga bisa masuk
saya Biznet
saya Galaxy S21
saya Fortuner
saya PSM
saya Exo-L
saya Gemini kak
saya Tosca
saya Size L
saya Oktober depan
saya Anemia
saya USG
saya Lulur
saya Ayam penyet
saya Americano
saya Flash sale
saya Retur
saya Capek
saya Marah
saya Demam
saya Sibuk
saya Siap
saya Penasaran
saya Panitia
saya Programmer
saya Pramugari
saya Petani
saya Janda
saya Introvert
saya Warga RT 3
saya Pasien lama
saya Member baru
saya Bagian gudang
saya CV Abadi
SAYA ORANG BARU
Saya Ingin Bertanya
Ini Pesanan Saya
ini Surat rujukan
ini Warna navy
ini Senayan?
ini Bot?
ini Salon Rina?
dengan Resep
dengan Kemasan baru
dengan Keluarga
gue Bandung
gw Persija
aku Semarang
aku Hitam
aku Sukanya pedas
I'm Hungarian
I'm Jain
I'm AB negative
I'm Pescatarian
I'm Colorblind
I'm Teacher
I'm Hopeless
I'm Shocked
I'm Running Late
I'm Blocked
I'm Lakers fan
I'm Xbox player
I'm Sprint
I'm Google certified
I am Muslim
I am Polish
I am Underage
I am Currently Abroad
I am Quarantined
I am Godzilla
this is Thursday
This is Outrageous
This is Cheap
This is Panadol?
This is Invoice 22
This is Anna's order
it's Toyota
it's Raining
First timer here
call me Old-fashioned
nama saya kebalik
nama saya gak sesuai KTP
nama pemilik rekening siapa
nama pasiennya Wati
my name is misspelt
my name is already there
my teacher's name is Joy
saya atasan Rudi
saya nginep di rumah Dewi
I'm replying to Maria
"""

CASES = [
    (text.strip(), name.strip())
    for text, _, name in (line.rpartition("|") for line in TOLD.strip().splitlines())
]


@pytest.mark.parametrize(("text", "name"), CASES)
def test_a_name_that_is_told_is_found(text: str, name: str) -> None:
    assert find_name(text) == name


@pytest.mark.parametrize("text", UNTOLD.strip().splitlines())
def test_a_word_that_is_not_told_as_a_name_is_not_taken_for_one(text: str) -> None:
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
def test_odd_characters_are_read_as_written_or_left_out(text: str, name: str | None) -> None:
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
    *("我叫王", "제 이름은 ", "меня зовут ", "اسمي محمد ", "私は田中です", "मेरा नाम ", "ผมชื่อ"),
    *("bukan Andi, ", "jangan panggil saya ", "tapi ", "tolong mohon minta ganti nama "),
    *("i am dan ", "hai A ", "'", '"', "ganti nama saya ", "@", "is my name ", "😀", "here "),
]


@pytest.mark.parametrize("piece", LONG)
def test_the_longest_message_is_read_within_a_quarter_of_a_second(piece: str) -> None:
    text = (piece * 65_536)[:65_536]
    started = time.perf_counter()
    utterance = Utterance.read(text)
    find_told_name(utterance)
    find_begun(utterance)
    find_correction(utterance, "Andi", asked=True)
    find_bare_name(text)
    find_completion(text, "name")
    assert time.perf_counter() - started < 0.25
